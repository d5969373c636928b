/** Checks and cursors of queries, for every Table implementation. */
import { createHash } from 'node:crypto';
import { canonicalJson, isPlainObject } from '../../canonical-json.ts';
import { InvalidCursorError, InvalidItemError } from '../errors.ts';
import { compareBytes } from './conditions.ts';
import type { Item, Query } from './port.ts';

/** The keys of a page's last item: the next page begins after it. */
export interface Position {
  readonly pk: string;
  readonly sk: string;
  readonly ipk?: string;
  readonly isk?: string;
}

/** The sort keys that a query covers: those from `from` to `to`, both inclusive, or those that begin with `prefix`. */
export interface Bounds {
  readonly from?: string;
  readonly to?: string;
  readonly prefix?: string;
}

/**
 * The bounds without those that exclude nothing, or undefined if no key can lie between them. Throws
 * `InvalidItemError`.
 */
export function checkQuery(query: Query): Bounds | undefined {
  const { partition, prefix, from, to, limit } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new InvalidItemError(`limit must be between 1 and 1000; got ${limit}`);
  }
  if (prefix !== undefined && (from !== undefined || to !== undefined)) {
    throw new InvalidItemError('a query has either a prefix or from and to');
  }
  for (const text of [partition, prefix, from, to]) {
    if (text !== undefined && !text.isWellFormed()) throw new InvalidItemError('a query has half of a surrogate pair');
  }
  // No item has an empty key, or one longer than the bound; DynamoDB would refuse such a query.
  if (partition === '' || to === '' || tooLong(partition, 2048) || tooLong(prefix, 1024)) return undefined;
  if (from !== undefined && to !== undefined && compareBytes(from, to) > 0) return undefined;
  if (tooLong(from, 1024) || tooLong(to, 1024)) throw new InvalidItemError('from and to must have at most 1024 bytes');
  return {
    ...(from === undefined || from === '' ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(prefix === undefined || prefix === '' ? {} : { prefix }),
  };
}

const tooLong = (text: string | undefined, most: number): boolean =>
  text !== undefined && Buffer.byteLength(text) > most;

export function encodeCursor(query: Query, last: Item): string {
  const { pk, sk, ipk, isk } = last;
  const position = query.index === 'byIndex' ? { pk, sk, ipk, isk } : { pk, sk };
  return Buffer.from(JSON.stringify({ q: fingerprint(query), at: position })).toString('base64url');
}

/** Throws `InvalidCursorError` unless `encodeCursor` made it for the same query (its limit may differ). */
export function decodeCursor(query: Query): Position | undefined {
  if (query.cursor === undefined) return undefined;
  const invalid = new InvalidCursorError('the cursor is not one of this query');
  const bytes = Buffer.from(query.cursor, 'base64url');
  // Decoding ignores characters that are not base64url; accept only what we encoded.
  if (query.cursor.length > 16_384 || bytes.toString('base64url') !== query.cursor) throw invalid;
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid;
  }
  if (!isPlainObject(parsed) || parsed.q !== fingerprint(query) || !isPlainObject(parsed.at)) throw invalid;
  const { pk, sk, ipk, isk } = parsed.at;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.isWellFormed();
  if (!isText(pk) || !isText(sk)) throw invalid;
  if (query.index === undefined) {
    if (pk !== query.partition) throw invalid;
    return { pk, sk };
  }
  if (ipk !== query.partition || !isText(isk)) throw invalid;
  return { pk, sk, ipk, isk };
}

function fingerprint({ index, partition, prefix, from, to, order }: Query): string {
  const shape = canonicalJson([
    index ?? null,
    partition,
    prefix ?? null,
    from ?? null,
    to ?? null,
    order ?? 'ascending',
  ]);
  return createHash('sha256').update(shape).digest('base64url').slice(0, 12);
}
