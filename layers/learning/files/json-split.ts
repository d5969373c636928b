/** Finds where the records of a JSON file begin and end, piece by piece. */
import { fileFault } from '../csv/fault.ts';
import type { RecordPlace } from './json-record.ts';
import { CODES, isBlank, nameOfValue, skipBlanks } from './json-value.ts';

/** Where a record lies in the bytes, and the line it begins on, where lines mean something. */
export interface FoundRecord extends RecordPlace {
  readonly line?: number;
}

/** What was found before the bytes that come next, which begin with a record or between two. */
export interface SplitState {
  readonly line: number;
  readonly expecting: Expecting;
  readonly records: number;
}

/** Finds records in what is there, from where it stopped before. */
export interface Splitter {
  /**
   * @param bytes what is left of the bytes before, and new ones
   * @param from the first byte that was not yet looked at
   * @param last whether the file ends with them
   * @returns how many bytes need not be kept
   */
  split(bytes: Buffer, from: number, last: boolean, found: FoundRecord[]): number;
  readonly state: SplitState;
}

export const BEGINNING: SplitState = { line: 1, expecting: 'array', records: 0 };

/** A record on each line; blank lines do not count. */
export class LineSplitter implements Splitter {
  #line: number;

  constructor({ line }: SplitState = BEGINNING) {
    this.#line = line;
  }

  get state(): SplitState {
    return { ...BEGINNING, line: this.#line };
  }

  split(bytes: Buffer, from: number, last: boolean, found: FoundRecord[]): number {
    let start = 0;
    for (let end = bytes.indexOf(CODES.newline, from); end >= 0; end = bytes.indexOf(CODES.newline, start)) {
      this.#take(bytes, start, end, found);
      this.#line++;
      start = end + 1;
    }
    if (!last) return start;
    this.#take(bytes, start, bytes.length, found);
    return bytes.length;
  }

  #take(bytes: Buffer, from: number, end: number, found: FoundRecord[]): void {
    const start = skipBlanks(bytes, from, end);
    if (start < end) found.push({ start, end, line: this.#line });
  }
}

type Expecting = 'array' | 'first' | 'record' | 'comma' | 'nothing';

/** The items of one array. */
export class ArraySplitter implements Splitter {
  #expecting: Expecting;
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  #start = 0;
  #records: number;

  constructor({ expecting, records }: SplitState = BEGINNING) {
    this.#expecting = expecting;
    this.#records = records;
  }

  get state(): SplitState {
    return { ...BEGINNING, expecting: this.#expecting, records: this.#records };
  }

  split(bytes: Buffer, from: number, last: boolean, found: FoundRecord[]): number {
    let at = from;
    if (from > 0) this.#start = 0;
    while (at < bytes.length) {
      if (this.#depth > 0) {
        at = this.#within(bytes, at);
        if (this.#depth > 0) break;
        found.push({ start: this.#start, end: at });
        this.#records++;
        this.#expecting = 'comma';
      } else if (isBlank(bytes[at]!)) at++;
      else at = this.#between(bytes, at);
    }
    if (!last) return this.#depth > 0 ? this.#start : bytes.length;
    if (this.#expecting === 'nothing') return bytes.length;
    throw fileFault(
      `must be a whole JSON array; it ends ${this.#depth > 0 ? 'within' : 'after'} row ${this.#records + (this.#depth > 0 ? 1 : 0)}`,
    );
  }

  #between(bytes: Buffer, at: number): number {
    const code = bytes[at]!;
    const expecting = this.#expecting;
    if (expecting === 'array' && code === CODES.open.array) this.#expecting = 'first';
    else if (code === CODES.close.array && (expecting === 'first' || expecting === 'comma'))
      this.#expecting = 'nothing';
    else if (expecting === 'comma' && code === CODES.comma) this.#expecting = 'record';
    else if ((expecting === 'first' || expecting === 'record') && isOpen(code)) {
      this.#depth = 1;
      this.#start = at;
    } else throw this.#fault(bytes, at);
    return at + 1;
  }

  #fault(bytes: Buffer, at: number): Error {
    const got = nameOfValue(bytes, at, bytes.length);
    if (this.#expecting === 'nothing') return fileFault(`must be one JSON array; got ${got} after it`);
    if (this.#expecting === 'comma')
      return fileFault(`must be JSON; got ${got} after row ${this.#records} where , or ] is expected`);
    return fileFault(`row ${this.#records + 1} must be an object or an array of values; got ${got}`);
  }

  /** Goes on within a record, and returns the place behind it, or that of the end of the bytes. */
  #within(bytes: Buffer, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (this.#inText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === CODES.backslash) this.#isEscaped = true;
        else if (code === CODES.quote) this.#inText = false;
      } else if (code === CODES.quote) this.#inText = true;
      else if (isOpen(code)) this.#depth++;
      else if (code === CODES.close.array || code === CODES.close.object) {
        this.#depth--;
        if (this.#depth === 0) return at + 1;
      }
    }
    return at;
  }
}

const isOpen = (code: number): boolean => code === CODES.open.array || code === CODES.open.object;
