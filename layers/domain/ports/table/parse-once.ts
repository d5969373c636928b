import { deepFreeze } from '../../deep-freeze.ts';
import type { Item } from './port.ts';

/**
 * A parser that parses a frozen item only once: a table that returns the same item again has found it unchanged, and
 * validating a page of records takes longer than reading them. The result is frozen too, because callers share it.
 */
export function parseOnce<R extends object>(schema: { parse(item: unknown): R }): (item: Item) => R {
  const parsed = new WeakMap<Item, R>();
  return (item) => {
    const known = parsed.get(item);
    if (known !== undefined) return known;
    const record = schema.parse(item);
    if (Object.isFrozen(item)) parsed.set(item, deepFreeze(record));
    return record;
  };
}
