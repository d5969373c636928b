/** One record of JSON as the cells of a row. */
import { fileFault, shown } from '../csv/fault.ts';
import type { Cells } from './cells.ts';
import { CODES, isNull, JsonFault, literalEnd, nameOfValue, skipBlanks, textEnd } from './json-value.ts';

/** How the records of a file are written: `{"a": 1}`, or `[1]` after a first `["a"]`. */
export type RecordShape = 'objects' | 'arrays';

/** A record's bytes, from its first bracket to behind its last one. */
export interface RecordPlace {
  readonly start: number;
  readonly end: number;
}

interface Value {
  readonly start: number;
  readonly end: number;
  /** Where the rest goes on. */
  readonly next: number;
}

/** The names of the columns, by the first record. */
export function namesIn(bytes: Buffer, { start, end }: RecordPlace): { shape: RecordShape; names: string[] } {
  const names: string[] = [];
  if (bytes[start] === CODES.open.array) {
    eachItem(bytes, start, end, (at) => {
      if (bytes[at] !== CODES.quote) {
        throw new JsonFault(
          `must be the names of the columns, as the first of several arrays; got ${nameOfValue(bytes, at, end)} for column ${names.length + 1}`,
        );
      }
      const value = textAt(bytes, at, end);
      names.push(bytes.toString('utf8', value.start, value.end));
      return value.next;
    });
    return { shape: 'arrays', names };
  }
  eachMember(bytes, start, end, (key, at) => {
    names.push(bytes.toString('utf8', key.start, key.end));
    return valueAt(bytes, at, end, () => names.at(-1)!).next;
  });
  return { shape: 'objects', names };
}

/** Reads one record after another into rows. */
export class RecordReader {
  readonly #names: readonly string[];
  readonly #keys: readonly Buffer[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #shape: RecordShape;
  /** For each column, the number of the last row that had it. */
  readonly #seen: Float64Array;
  #row = 0;

  /** @param names as the first record has them */
  constructor(names: readonly string[], shape: RecordShape) {
    this.#names = names;
    this.#shape = shape;
    this.#keys = names.map((name) => Buffer.from(name));
    this.#places = new Map(names.map((name, i) => [name, i]));
    this.#seen = new Float64Array(names.length);
  }

  /** Adds the record as the next row. Throws `JsonFault`. */
  read(cells: Cells, { start, end }: RecordPlace): void {
    const { bytes } = cells;
    const at = cells.nextRow();
    this.#row++;
    if (bytes[start] !== CODES.open[this.#shape === 'objects' ? 'object' : 'array']) {
      const wanted = this.#shape === 'objects' ? 'an object' : 'an array';
      throw new JsonFault(`must be ${wanted}, as the first record is; got ${nameOfValue(bytes, start, end)}`);
    }
    if (this.#shape === 'objects') this.#members(cells, at, start, end);
    else this.#items(cells, at, start, end);
    cells.rows++;
  }

  #items(cells: Cells, first: number, start: number, end: number): void {
    const { bytes } = cells;
    let column = 0;
    eachItem(bytes, start, end, (at) => {
      const value = valueAt(bytes, at, end, () => this.#names[column] ?? `column ${column + 1}`);
      if (column < this.#names.length) place(cells, first + column, value);
      column++;
      return value.next;
    });
    if (column !== this.#names.length) {
      throw new JsonFault(`must have ${this.#names.length} values, as many as the first array; got ${column}`);
    }
  }

  #members(cells: Cells, first: number, start: number, end: number): void {
    const { bytes } = cells;
    const columns = this.#names.length;
    let count = 0;
    eachMember(bytes, start, end, (key, at) => {
      const column = this.#columnOf(bytes, key, count);
      const name = () => this.#names[column]!;
      if (this.#seen[column] === this.#row) throw new JsonFault(`must have each key once; got ${shown(name())} twice`);
      this.#seen[column] = this.#row;
      const value = valueAt(bytes, at, end, name);
      place(cells, first + column, value);
      count++;
      return value.next;
    });
    if (count === columns) return;
    const missing = this.#names.find((_, column) => this.#seen[column] !== this.#row)!;
    throw new JsonFault(
      `must have the keys of the first record; ${shown(missing)} is missing: write null where there is no value`,
    );
  }

  /** Keys mostly come in the order of the first record. */
  #columnOf(bytes: Buffer, { start, end }: Value, likely: number): number {
    const key = this.#keys[likely];
    if (key && key.length === end - start && bytes.compare(key, 0, key.length, start, end) === 0) return likely;
    const name = bytes.toString('utf8', start, end);
    const column = this.#places.get(name);
    if (column !== undefined) return column;
    throw new JsonFault(
      `must have the keys of the first record; got ${shown(name)} as well: give every record the same keys, with null where there is no value`,
    );
  }
}

function place(cells: Cells, at: number, { start, end }: Value): void {
  cells.starts[at] = start;
  cells.ends[at] = end;
}

function valueAt(bytes: Buffer, at: number, end: number, name: () => string): Value {
  const code = bytes[at];
  if (code === CODES.quote) return textAt(bytes, at, end);
  if (code === CODES.open.object || code === CODES.open.array) {
    throw new JsonFault(
      `must have text, a number, true, false or null for ${shown(name())}; got ${nameOfValue(bytes, at, end)}: make a column of each of its values`,
    );
  }
  const next = literalEnd(bytes, at, end);
  return isNull(bytes, at, next) ? { start: at, end: at, next } : { start: at, end: next, next };
}

function textAt(bytes: Buffer, at: number, end: number): Value {
  const { close, length } = textEnd(bytes, at + 1, end);
  return { start: at + 1, end: at + 1 + length, next: close + 1 };
}

/** Calls `take` with the place of each value, which returns where the rest goes on. */
function eachItem(bytes: Buffer, start: number, end: number, take: (at: number) => number): void {
  let at = skipBlanks(bytes, start + 1, end);
  let more = bytes[at] !== CODES.close.array;
  while (more) {
    at = skipBlanks(bytes, take(at), end);
    more = bytes[at] !== CODES.close.array;
    if (more) at = skipBlanks(bytes, expectCode(bytes, at, end, CODES.comma), end);
  }
  expectEnd(bytes, at, end);
}

function eachMember(bytes: Buffer, start: number, end: number, take: (key: Value, at: number) => number): void {
  let at = skipBlanks(bytes, start + 1, end);
  let more = bytes[at] !== CODES.close.object;
  while (more) {
    if (bytes[at] !== CODES.quote) throw new JsonFault(`must be JSON; got ${nameOfValue(bytes, at, end)} for a key`);
    const key = textAt(bytes, at, end);
    at = expectCode(bytes, skipBlanks(bytes, key.next, end), end, CODES.colon);
    at = skipBlanks(bytes, take(key, skipBlanks(bytes, at, end)), end);
    more = bytes[at] !== CODES.close.object;
    if (more) at = skipBlanks(bytes, expectCode(bytes, at, end, CODES.comma), end);
  }
  expectEnd(bytes, at, end);
}

function expectCode(bytes: Buffer, at: number, end: number, code: number): number {
  if (at < end && bytes[at] === code) return at + 1;
  throw new JsonFault(
    `must be JSON; got ${nameOfValue(bytes, at, end)} where ${String.fromCharCode(code)} is expected`,
  );
}

function expectEnd(bytes: Buffer, close: number, end: number): void {
  const at = skipBlanks(bytes, close + 1, end);
  if (at < end) throw new JsonFault(`must be one record; got ${nameOfValue(bytes, at, end)} after it`);
}

/** As an error of the file. */
export const recordFault = (error: unknown, where: string): unknown =>
  error instanceof JsonFault ? fileFault(`${where} ${error.message}`) : error;
