/** What JSON can hold and a request must not. */
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { ITEM_LIMITS } from '#domain/ports/table/item-rules.ts';
import { showPath } from '../validation/show.ts';

/** Whether arrays and objects are nested no deeper than `maxDepth`. */
export function isShallow(value: unknown, maxDepth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (maxDepth === 0) return false;
  // Of hundreds of thousands of empty objects, lists of their values would take longer than all else.
  if (Array.isArray(value)) {
    for (const part of value) if (!isShallow(part, maxDepth - 1)) return false;
  } else {
    for (const name in value) if (!isShallow((value as Record<string, unknown>)[name], maxDepth - 1)) return false;
  }
  return true;
}

/** @throws ValidationError for half of a surrogate pair, which no UTF-8 can hold, in a name or a text */
export function expectWellFormed(value: unknown): void {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return;
    throw ValidationError.of('body', 'must be well-formed Unicode; got half of a surrogate pair');
  }
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) Object.keys(value).forEach(expectWellFormed);
  Object.values(value).forEach(expectWellFormed);
}

/** @throws ValidationError where `__proto__` is a name: a schema of objects with any names leaves it out in silence */
export function expectKeptNames(value: unknown): void {
  const faults = new Faults();
  const path: PropertyKey[] = [];

  function look(within: unknown): void {
    if (typeof within !== 'object' || within === null) return;
    const isList = Array.isArray(within);
    for (const [name, part] of isList ? within.entries() : Object.entries(within)) {
      if (faults.full) return;
      path.push(name);
      if (name === '__proto__') faults.add(showPath('', path), 'is not a known field');
      else look(part);
      path.pop();
    }
  }

  look(value);
  faults.throwIfAny();
}

/**
 * The value with 0 in place of numbers so small that no store has them; no computation of ours tells them from 0 either.
 * Arrays and objects are changed where they are.
 */
export function withoutTinyNumbers(value: unknown): unknown {
  if (typeof value === 'number') return Math.abs(value) < ITEM_LIMITS.smallestNumber ? 0 : value;
  if (typeof value !== 'object' || value === null) return value;
  const within = value as Record<string, unknown>;
  for (const [name, part] of Object.entries(within)) {
    const changed = withoutTinyNumbers(part);
    if (changed !== part) within[name] = changed;
  }
  return value;
}
