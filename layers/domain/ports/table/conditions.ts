/** What a `Condition` means, for every Table implementation: DynamoDB's semantics of a condition expression. */
import { InvalidItemError } from '../errors.ts';
import type { Condition, Item, Json } from './port.ts';

/** Whether the condition holds for an item; `undefined` is an item that is absent or has expired. */
export function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return item === undefined;
    case 'present':
      return item !== undefined;
    case 'missing':
      return item?.[condition.attribute] === undefined;
    case 'oneOf': {
      const value = item?.[condition.attribute];
      return condition.values.some((candidate) => candidate === value);
    }
    case 'compare':
      return compare(item?.[condition.attribute], condition.op, condition.value);
    case 'all':
      return condition.of.every((each) => holds(each, item));
    case 'any':
      return condition.of.some((each) => holds(each, item));
  }
}

type Comparison = Extract<Condition, { kind: 'compare' }>;

const ORDERED: Readonly<Record<'<' | '<=' | '>' | '>=', (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Values of different types are different and have no order; a missing attribute differs from every value. */
function compare(value: Json | undefined, op: Comparison['op'], operand: Comparison['value']): boolean {
  if (op === '=') return value === operand;
  if (op === '<>') return value !== operand;
  if (typeof value === 'number' && typeof operand === 'number') return ORDERED[op](value - operand);
  if (typeof value === 'string' && typeof operand === 'string') return ORDERED[op](compareBytes(value, operand));
  return false;
}

/** The order of the UTF-8 bytes. JavaScript's own order compares UTF-16 code units. */
export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Throws `InvalidItemError` if the condition is not valid for any item. */
export function checkCondition(condition: Condition): void {
  if (condition.kind === 'all' || condition.kind === 'any') {
    if (condition.of.length === 0) throw new InvalidItemError(`a condition of kind ${condition.kind} must have parts`);
    condition.of.forEach(checkCondition);
  } else if (condition.kind === 'oneOf') {
    if (condition.values.length < 1 || condition.values.length > 100) {
      throw new InvalidItemError(`oneOf must have between 1 and 100 values; got ${condition.values.length}`);
    }
    condition.values.forEach(checkOperand);
  } else if (condition.kind === 'compare') {
    if (typeof condition.value === 'boolean' && condition.op !== '=' && condition.op !== '<>') {
      throw new InvalidItemError(`booleans have no order; got ${condition.op}`);
    }
    checkOperand(condition.value);
  }
}

function checkOperand(value: string | number | boolean): void {
  if (typeof value === 'number' && !(Math.abs(value) <= 9.99e125)) {
    throw new InvalidItemError(`a number in a condition must be at most 9.99e125 in size; got ${value}`);
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new InvalidItemError('a text in a condition has half of a surrogate pair');
  }
}
