/**
 * The rules for items. Every Table implementation checks them before it writes, so that none accepts what another
 * refuses. The limits are those of DynamoDB, the stricter of the two stores.
 */
import { isPlainObject } from '../../canonical-json.ts';
import { InvalidItemError } from '../errors.ts';
import type { Change, Item, Json, Key, Write } from './port.ts';

export const ITEM_LIMITS = {
  pkBytes: 2048,
  skBytes: 1024,
  /** Names and values together, as `itemSize` counts. */
  itemBytes: 409_600,
  /** Of all items that one transaction puts, together. */
  transactionBytes: 4_194_304,
  nameBytes: 65_535,
  /** Levels of nested maps and lists, the innermost values included. */
  nesting: 32,
  /** The magnitude of a number other than zero. */
  smallestNumber: 1e-130,
  largestNumber: 9.99e125,
  writes: 100,
  reads: 100,
} as const;

const KEY_BYTES: Readonly<Record<string, number>> = {
  pk: ITEM_LIMITS.pkBytes,
  sk: ITEM_LIMITS.skBytes,
  ipk: ITEM_LIMITS.pkBytes,
  isk: ITEM_LIMITS.skBytes,
};

const utf8Bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Throws `InvalidItemError` unless both parts are non-empty, well-formed and short enough. */
export function checkKey(key: Key): void {
  checkKeyPart('pk', key.pk);
  checkKeyPart('sk', key.sk);
}

/** Of items that are read together. Throws `InvalidItemError`. */
export function checkKeys(keys: readonly Key[]): void {
  if (keys.length > ITEM_LIMITS.reads) {
    throw new InvalidItemError(`at most ${ITEM_LIMITS.reads} items are read at once; got ${keys.length}`);
  }
  for (const key of keys) checkKey(key);
  const different = new Set(keys.map(({ pk, sk }) => JSON.stringify([pk, sk])));
  if (different.size < keys.length) throw new InvalidItemError('an item is read twice at once');
}

/** A copy of the item as it will be read back: without undefined attributes. Throws `InvalidItemError`. */
export function checkItem(item: Item): Item {
  const defined = Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Item;
  checkKey(defined);
  for (const [name, value] of Object.entries(defined)) checkAttribute(name, value);
  if (defined.ipk !== undefined && defined.isk === undefined) throw new InvalidItemError('an item with ipk needs isk');
  checkSize(defined);
  return defined;
}

/** Throws `InvalidItemError` if the item is over the limit. */
export function checkSize(item: Item): void {
  const size = itemSize(item);
  if (size > ITEM_LIMITS.itemBytes) {
    throw new InvalidItemError(`an item must have at most ${ITEM_LIMITS.itemBytes} bytes; got ${size}`);
  }
}

/** Throws `InvalidItemError`. Only the changed item shows whether it is too large. */
export function checkChange(change: Change): void {
  const set = change.set ?? {};
  const add = change.add ?? {};
  const remove = change.remove ?? [];
  const seen = new Set<string>();
  for (const name of [...Object.keys(set), ...Object.keys(add), ...remove]) {
    checkName(name);
    if (name === 'pk' || name === 'sk') throw new InvalidItemError(`${name} cannot be changed`);
    if (seen.has(name)) throw new InvalidItemError(`${quote(name)} is changed twice`);
    seen.add(name);
  }
  for (const [name, value] of Object.entries(set)) checkAttribute(name, value);
  for (const [name, amount] of Object.entries(add)) {
    if (name in KEY_BYTES || name === 'expiresAt') throw new InvalidItemError(`${name} cannot be added to`);
    // Decimal and binary fractions round differently; whole numbers are the same everywhere.
    if (!Number.isSafeInteger(amount)) {
      throw new InvalidItemError(`what is added to ${quote(name)} must be a whole number; got ${String(amount)}`);
    }
  }
  if ('ipk' in set && !('isk' in set)) throw new InvalidItemError('a change that sets ipk must set isk');
  if (remove.includes('isk') && !remove.includes('ipk')) {
    throw new InvalidItemError('a change that removes isk must remove ipk');
  }
}

/** Throws `InvalidItemError` unless an item could have such an attribute, and that expiry. */
export function checkCounter(key: Key, name: string, expiresAt: number): void {
  checkKey(key);
  checkChange({ add: { [name]: 1 }, set: { expiresAt } });
}

/** The attribute after `add`. Throws `InvalidItemError` if it is not a number. */
export function added(name: string, value: unknown, amount: number): number {
  if (value === undefined) return amount;
  if (typeof value === 'number') return value + amount;
  throw new InvalidItemError(`${quote(name)} must be a number to be added to; got ${describe(value)}`);
}

/**
 * Throws `InvalidItemError` unless there are 1–100 writes (99 with a token) to different items, within the total size.
 */
export function checkTransaction(writes: readonly Write[], token: string | undefined): void {
  // The token's own record is one of the 100.
  const most = token === undefined ? ITEM_LIMITS.writes : ITEM_LIMITS.writes - 1;
  if (writes.length < 1 || writes.length > most) {
    const having = token === undefined ? 'a transaction' : 'a transaction with a token';
    throw new InvalidItemError(`${having} must have between 1 and ${most} writes; got ${writes.length}`);
  }
  if (token !== undefined && (token.length === 0 || utf8Bytes(token) > 256 || !token.isWellFormed())) {
    throw new InvalidItemError(`a token must have between 1 and 256 bytes; got ${utf8Bytes(token)}`);
  }
  const seen = new Set<string>();
  let bytes = 0;
  for (const write of writes) {
    const { pk, sk } = write.kind === 'put' ? write.item : write.key;
    const place = JSON.stringify([pk, sk]);
    if (seen.has(place)) throw new InvalidItemError(`a transaction writes ${place} twice`);
    seen.add(place);
    if (write.kind === 'put') bytes += itemSize(write.item);
  }
  if (bytes > ITEM_LIMITS.transactionBytes) {
    throw new InvalidItemError(`a transaction must have at most ${ITEM_LIMITS.transactionBytes} bytes; got ${bytes}`);
  }
}

/** Bytes of names and values as DynamoDB counts them (Developer Guide, "Item sizes and formats"). */
export function itemSize(item: Item): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) if (value !== undefined) size += utf8Bytes(name) + valueSize(value);
  return size;
}

function valueSize(value: Json): number {
  if (typeof value === 'string') return utf8Bytes(value);
  if (typeof value === 'number') return numberSize(value);
  if (value === null || typeof value === 'boolean') return 1;
  // Three bytes for the container, one for each member.
  if (isList(value)) return value.reduce<number>((sum, member) => sum + 1 + valueSize(member), 3);
  return Object.entries(value).reduce((sum, [name, member]) => sum + 1 + utf8Bytes(name) + valueSize(member), 3);
}

/** A byte for two significant digits, one more byte, and one for a minus sign. */
function numberSize(value: number): number {
  const digits = value.toExponential().split('e')[0]!.replace(/[-.]/g, '').length;
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

function checkAttribute(name: string, value: Json | undefined): void {
  checkName(name);
  if (name in KEY_BYTES) checkKeyPart(name, value);
  else if (name === 'expiresAt') {
    if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new InvalidItemError(`expiresAt must be in epoch seconds; got ${describe(value)}`);
    }
  } else checkValue(quote(name), value, 1);
}

function checkKeyPart(name: string, value: unknown): void {
  const most = KEY_BYTES[name] ?? 0;
  if (typeof value !== 'string') throw new InvalidItemError(`${name} must be text; got ${describe(value)}`);
  const bytes = utf8Bytes(value);
  if (bytes < 1 || bytes > most) {
    throw new InvalidItemError(`${name} must have between 1 and ${most} bytes; got ${bytes}`);
  }
  if (!value.isWellFormed()) throw new InvalidItemError(`${name} has half of a surrogate pair`);
}

function checkName(name: string): void {
  const bytes = utf8Bytes(name);
  if (bytes < 1 || bytes > ITEM_LIMITS.nameBytes) {
    throw new InvalidItemError(
      `an attribute's name must have between 1 and ${ITEM_LIMITS.nameBytes} bytes; got ${bytes}`,
    );
  }
  if (!name.isWellFormed()) throw new InvalidItemError(`the name ${quote(name)} has half of a surrogate pair`);
  if (name === '__proto__') throw new InvalidItemError('__proto__ cannot be the name of an attribute');
}

function checkValue(where: string, value: unknown, depth: number): void {
  if (depth > ITEM_LIMITS.nesting) {
    throw new InvalidItemError(`${where} is nested over ${ITEM_LIMITS.nesting} levels`);
  }
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new InvalidItemError(`${where} has half of a surrogate pair`);
  } else if (typeof value === 'number') {
    const magnitude = Math.abs(value);
    const { smallestNumber, largestNumber } = ITEM_LIMITS;
    if (value !== 0 && !(magnitude >= smallestNumber && magnitude <= largestNumber)) {
      throw new InvalidItemError(
        `${where} must be between ${smallestNumber} and ${largestNumber} in size; got ${value}`,
      );
    }
  } else if (Array.isArray(value) || isPlainObject(value)) {
    if (!Array.isArray(value)) for (const name of Object.keys(value)) checkName(name);
    for (const member of Array.isArray(value) ? value : Object.values(value)) checkValue(where, member, depth + 1);
  } else throw new InvalidItemError(`${where} must be JSON; got ${describe(value)}`);
}

const isList = (value: readonly Json[] | { readonly [name: string]: Json }): value is readonly Json[] =>
  Array.isArray(value);

const quote = (name: string): string => JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);

const describe = (value: unknown): string => (typeof value === 'number' ? String(value) : typeof value);
