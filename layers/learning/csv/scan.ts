/**
 * Finds the cells of a CSV file in its bytes. Of a large one, a kernel finds those of rows that have nothing special, and this
 * those of the others. It stops before a row that needs more: one with another number of cells, or whose quotes are not those of RFC 4180.
 * That row and what follows are left to the parser, which also knows what to say of it.
 */
import { LIMITS } from '#domain/limits.ts';
import { Cells } from '../files/cells.ts';
import type { Marks } from '../kernels/kernels.ts';
import { newSharedMemory } from '../kernels/shared-memory.ts';
import type { Dialect } from './dialect.ts';

const CODE = { tab: 9, newline: 10, formFeed: 12, return: 13, blank: 32 };
const NONE = -1;
const CELL_BYTES = LIMITS.csv.cellBytes;

/** What a byte means outside of quotes. */
const KIND = { usual: 0, end: 1, quote: 2, blank: 3 } as const;

export class CsvScanner {
  readonly cells: Cells;
  /** The line on which the next row begins, from 1. */
  line: number;
  /** Whether it stopped before a row that needs the parser. */
  hasStopped = false;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #columns: number;
  readonly #marks: Marks;
  /** By byte. */
  readonly #kinds = new Uint8Array(256);
  /** Cells of the row with doubled quotes. */
  #doubled: number[] = [];
  #lines = 0;
  /** Whether a quoted cell has no end within the bytes. */
  #isOpen = false;

  /** @param isLarge whether a kernel is worth its memory */
  constructor({ delimiter, quote }: Dialect, columns: number, line: number, isLarge = false) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quote = quote === 'none' ? NONE : quote.charCodeAt(0);
    this.#columns = columns;
    this.#marks = { delimiter: this.#delimiter, quote: this.#quote === NONE ? undefined : this.#quote };
    for (const code of [CODE.blank, CODE.tab, CODE.formFeed]) this.#kinds[code] = KIND.blank;
    if (this.#quote !== NONE) this.#kinds[this.#quote] = KIND.quote;
    for (const code of [this.#delimiter, CODE.newline, CODE.return]) this.#kinds[code] = KIND.end;
    this.cells = new Cells(columns, isLarge ? newSharedMemory() : undefined);
    this.line = line;
  }

  /**
   * Takes the rows that are complete into `cells`, which hold these pieces then. Changes the bytes: of two quotes that stand
   * for one, it leaves one.
   * @returns where the first row begins that was not taken
   */
  take(pieces: readonly Buffer[], last: boolean): number {
    const bytes = this.cells.fill(pieces);
    let start = 0;
    while (start < bytes.length && !this.hasStopped) {
      start = this.#usualRows(start);
      if (start === bytes.length) break;
      const code = bytes[start]!;
      if (code === CODE.newline || code === CODE.return) {
        const after = this.#lineBreak(bytes, start, last);
        if (after < 0) break;
        this.line++;
        start = after;
        continue;
      }
      const end = this.#row(bytes, start, last);
      if (end < 0) break;
      start = end;
    }
    return start;
  }

  /** Takes rows that have nothing special; returns where the first other one begins. */
  #usualRows(start: number): number {
    const { cells } = this;
    const { kernels } = cells;
    if (kernels === undefined) return start;
    for (let at = start; ; ) {
      const first = cells.nextRow();
      const most = Math.floor((cells.starts.length - first) / this.#columns);
      const { rows, end } = kernels.findCells(cells, { at, first, most, longest: CELL_BYTES }, this.#marks);
      cells.rows += rows;
      this.line += rows;
      at = end;
      // Otherwise there was no room for more.
      if (rows < most) return at;
    }
  }

  /** @returns where the next row begins, or -1 if this one is not complete or was not taken */
  #row(bytes: Buffer, start: number, isEnd: boolean): number {
    const { cells } = this;
    const [columns, kinds, delimiter] = [this.#columns, this.#kinds, this.#delimiter];
    const { length } = bytes;
    const first = cells.nextRow();
    const { starts, ends } = cells;
    if (this.#doubled.length > 0) this.#doubled = [];
    this.#lines = 0;
    this.#isOpen = false;
    const last = first + columns - 1;
    let at = start;
    for (let index = first; ; index++) {
      const from = at;
      while (at < length && kinds[bytes[at]!] === KIND.usual) at++;
      // Most cells have nothing special, and are not the last ones of their rows.
      if (index < last && at < length && bytes[at] === delimiter && at - from <= CELL_BYTES) {
        starts[index] = from;
        ends[index] = at++;
        continue;
      }
      for (;;) {
        while (at < length && kinds[bytes[at]!] === KIND.usual) at++;
        // A blank among other characters belongs to the cell.
        if (at === from || at + 1 >= length || kinds[bytes[at]!] !== KIND.blank) break;
        if (kinds[bytes[at + 1]!] !== KIND.usual) break;
        at++;
      }
      if (at < length && kinds[bytes[at]!] !== KIND.end) {
        at = this.#cell(bytes, from, index);
        if (at < 0) return -1;
      } else {
        starts[index] = from;
        ends[index] = at;
      }
      if (at === length && !isEnd) return -1;
      if (this.#isOpen || ends[index]! - starts[index]! > CELL_BYTES) return this.#stop();
      const isLast = index === last;
      // A delimiter at the very end is followed by an empty cell.
      if ((bytes[at] === delimiter) === isLast) return this.#stop();
      if (isLast) return this.#endRow(bytes, at, isEnd);
      at++;
    }
  }

  #endRow(bytes: Buffer, at: number, last: boolean): number {
    const after = at === bytes.length ? at : this.#lineBreak(bytes, at, last);
    if (after < 0) return -1;
    for (const one of this.#doubled) this.#undouble(one);
    this.line += this.#lines + 1;
    this.cells.rows++;
    return after;
  }

  #stop(): number {
    this.hasStopped = true;
    return -1;
  }

  /** Behind the line break; -1 if more bytes could belong to it. */
  #lineBreak(bytes: Buffer, at: number, last: boolean): number {
    if (bytes[at] === CODE.newline) return at + 1;
    if (at + 1 === bytes.length && !last) return -1;
    return bytes[at + 1] === CODE.newline ? at + 2 : at + 1;
  }

  /** @returns the place of the delimiter or the line break behind the cell, or the end of the bytes; -1 if it stopped */
  #cell(bytes: Buffer, from: number, index: number): number {
    const { starts, ends } = this.cells;
    const kinds = this.#kinds;
    const { length } = bytes;
    let at = from;
    while (at < length && kinds[bytes[at]!] === KIND.blank) at++;
    if (bytes[at] === this.#quote) return this.#quoted(bytes, at + 1, index);
    const start = at;
    let end = at;
    for (; at < length; at++) {
      const kind = kinds[bytes[at]!];
      if (kind === KIND.end) break;
      if (kind === KIND.quote) return this.#stop();
      if (kind === KIND.usual) end = at + 1;
    }
    starts[index] = start;
    ends[index] = end;
    return at;
  }

  #quoted(bytes: Buffer, start: number, index: number): number {
    const { starts, ends } = this.cells;
    const quote = this.#quote;
    let isDoubled = false;
    let at = start;
    for (;;) {
      at = bytes.indexOf(quote, at);
      if (at < 0) {
        this.#isOpen = true;
        return bytes.length;
      }
      if (bytes[at + 1] !== quote) break;
      isDoubled = true;
      at += 2;
    }
    starts[index] = start;
    ends[index] = at;
    if (isDoubled) this.#doubled.push(index);
    for (let i = start; i < at; i++) if (bytes[i] === CODE.newline) this.#lines++;
    at++;
    while (at < bytes.length && this.#kinds[bytes[at]!] === KIND.blank) at++;
    const isEnd = at === bytes.length || this.#kinds[bytes[at]!] === KIND.end;
    return isEnd ? at : this.#stop();
  }

  #undouble(index: number): void {
    const { bytes, starts, ends } = this.cells;
    const end = ends[index]!;
    let to = starts[index]!;
    for (let from = to; from < end; from++) {
      const code = bytes[from]!;
      bytes[to++] = code;
      if (code === this.#quote) from++;
    }
    ends[index] = to;
  }
}
