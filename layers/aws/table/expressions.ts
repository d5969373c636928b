import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { holds } from '#domain/ports/table/conditions.ts';
import type { Change, Condition, Json } from '#domain/ports/table/port.ts';
import { EXPIRY_ATTRIBUTE } from './definition.ts';
import { toAttribute } from './marshalling.ts';

/**
 * The expressions of one request. They contain names and values only as placeholders, so no attribute name can be a
 * reserved word or change the syntax.
 */
export class Expressions {
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, AttributeValue> = {};
  readonly #now: number;

  /** `now` in epoch seconds. */
  constructor(now: number) {
    this.#now = now;
  }

  name(attribute: string): string {
    const placeholder = this.#names.get(attribute) ?? `#${this.#names.size}`;
    this.#names.set(attribute, placeholder);
    return placeholder;
  }

  value(value: Json): string {
    const placeholder = `:${Object.keys(this.#values).length}`;
    this.#values[placeholder] = toAttribute(value);
    return placeholder;
  }

  /** The placeholders' names and values. DynamoDB refuses empty maps. */
  attributes() {
    return {
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(
          [...this.#names].map(([name, placeholder]) => [placeholder, name]),
        ),
      }),
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }

  /** The item has not expired. Also holds for an absent item. */
  live(): string {
    const expiry = this.name(EXPIRY_ATTRIBUTE);
    return `(attribute_not_exists(${expiry}) OR ${expiry} > ${this.value(this.#now)})`;
  }

  /**
   * The condition, with an expired item that DynamoDB has not deleted yet counting as absent. Whether an absent item
   * meets the condition is known in advance, so an expired one either always passes or never does.
   */
  guarded(condition: Condition): string {
    const ofLive = `(${this.live()} AND ${this.condition(condition)})`;
    if (!holds(condition, undefined)) return ofLive;
    return `(${ofLive} OR ${this.name(EXPIRY_ATTRIBUTE)} <= ${this.value(this.#now)})`;
  }

  /** Every expired item fails this: an update must not build on it. */
  liveAnd(condition: Condition | undefined): string {
    return condition === undefined ? this.live() : `(${this.live()} AND ${this.condition(condition)})`;
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'absent':
        return `attribute_not_exists(${this.name('pk')})`;
      case 'present':
        return `attribute_exists(${this.name('pk')})`;
      case 'missing':
        return `attribute_not_exists(${this.name(condition.attribute)})`;
      case 'compare':
        return `${this.name(condition.attribute)} ${condition.op} ${this.value(condition.value)}`;
      case 'oneOf': {
        const values = condition.values.map((value) => this.value(value));
        return `${this.name(condition.attribute)} IN (${values.join(', ')})`;
      }
      case 'all':
        return this.#joined(condition.of, ' AND ');
      case 'any':
        return this.#joined(condition.of, ' OR ');
    }
  }

  /** DynamoDB refuses parentheses around parentheses, as those of one group alone would be. */
  #joined(of: readonly Condition[], by: string): string {
    const [first, ...others] = of.map((each) => this.condition(each));
    return others.length === 0 ? first! : `(${[first, ...others].join(by)})`;
  }

  /** Undefined if nothing changes. */
  update({ set = {}, add = {}, remove = [] }: Change): string | undefined {
    const clauses = {
      SET: Object.entries(set).map(([name, value]) => `${this.name(name)} = ${this.value(value)}`),
      ADD: Object.entries(add).map(([name, amount]) => `${this.name(name)} ${this.value(amount)}`),
      REMOVE: remove.map((name) => this.name(name)),
    };
    const parts = Object.entries(clauses).filter(([, actions]) => actions.length > 0);
    return parts.length === 0 ? undefined : parts.map(([verb, actions]) => `${verb} ${actions.join(', ')}`).join(' ');
  }
}
