import type { SQLInputValue } from 'node:sqlite';
import { deepFreeze } from '#domain/deep-freeze.ts';
import type { Item, Page, Query } from '#domain/ports/table/port.ts';
import { type Bounds, checkQuery, decodeCursor, encodeCursor, type Position } from '#domain/ports/table/queries.ts';
import type { Database, Row } from '../database.ts';
import { expiryOf, type Found } from './cached-reads.ts';

/** A page ends once its items exceed this size, as DynamoDB's pages do. */
const PAGE_BYTES = 1_048_576;

/** So few rows are read at once, which is faster, whatever their size. */
const FEW = 25;
/** So many are read at once to see whether there are more: a list that may be long is mostly short. */
const FIRST = 5;

const COLUMNS = {
  table: { partition: 'pk', sort: 'sk', order: ['sk'] },
  byIndex: { partition: 'ipk', sort: 'isk', order: ['isk', 'pk', 'sk'] },
} as const;

/** The items are frozen. `now` in epoch seconds. */
export function queryItems(database: Database, query: Query, now: number): Found<Page> {
  const position = decodeCursor(query);
  const bounds = checkQuery(query);
  if (bounds === undefined) return { value: { items: [] }, characters: 0, expiresAt: Number.POSITIVE_INFINITY };
  const { sql, values } = compile(query, bounds, position, now);
  const items: Item[] = [];
  let characters = 0;
  let expiresAt = Number.POSITIVE_INFINITY;
  for (const row of read(database, sql, values, query.limit)) {
    // Whether there is a next page may change when the row expires that shows it.
    expiresAt = Math.min(expiresAt, expiryOf(row));
    // The query asks for one row more than the limit: it shows that there is a next page.
    if (items.length === query.limit || characters > PAGE_BYTES) {
      const last = items[items.length - 1]!;
      // Encoded only when it is asked for: whoever reads a known number of items asks for none.
      const value = {
        items: Object.freeze(items),
        get cursor() {
          return encodeCursor(query, last);
        },
      };
      return { value, characters, expiresAt };
    }
    const body = String(row.body);
    items.push(deepFreeze(JSON.parse(body) as Item));
    characters += body.length;
  }
  return { value: { items: Object.freeze(items) }, characters, expiresAt };
}

function compile(query: Query, bounds: Bounds, position: Position | undefined, now: number) {
  const { partition, sort, order } = COLUMNS[query.index ?? 'table'];
  const descending = query.order === 'descending';
  const clauses = [`${partition} = ?`, '(expires_at IS NULL OR expires_at > ?)'];
  const values: SQLInputValue[] = [query.partition, now];
  const clause = (sql: string, ...operands: string[]) => {
    clauses.push(sql);
    values.push(...operands);
  };
  const from = bounds.prefix ?? bounds.from;
  if (from !== undefined) clause(`${sort} >= ?`, from);
  if (bounds.to !== undefined) clause(`${sort} <= ?`, bounds.to);
  const below = bounds.prefix === undefined ? undefined : afterPrefix(bounds.prefix);
  if (below !== undefined) clause(`${sort} < ?`, below);
  if (position !== undefined) {
    const { pk, sk, isk = '' } = position;
    const places = order.map(() => '?').join(', ');
    const operands = query.index === undefined ? [sk] : [isk, pk, sk];
    clause(`(${order.join(', ')}) ${descending ? '<' : '>'} (${places})`, ...operands);
  }
  const by = order.map((column) => (descending ? `${column} DESC` : column)).join(', ');
  // SQLite uses the partial index because `ipk = ?` implies its condition.
  const sql = `SELECT body, expires_at FROM items WHERE ${clauses.join(' AND ')} ORDER BY ${by} LIMIT ?`;
  return { sql, values };
}

function read(database: Database, sql: string, values: readonly SQLInputValue[], limit: number): Iterable<Row> {
  if (limit <= FEW) return database.all(sql, ...values, limit + 1);
  const first = database.all(sql, ...values, FIRST);
  return first.length < FIRST ? first : database.iterate(sql, ...values, limit + 1);
}

/**
 * The smallest text above every text with that prefix: the prefix up to its last character that has a successor, with
 * that one incremented. In UTF-8 the order of bytes is the order of code points. Undefined if there is none, as for
 * U+10FFFF.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    // Skip the surrogates, which are not characters.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
