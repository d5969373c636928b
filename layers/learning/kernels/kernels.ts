/** Loops over the bytes of a table in WebAssembly, which takes eight or sixteen of them at once where JavaScript takes one. */
import { assemble } from './assemble.ts';
import { FIND_CELLS } from './find-cells.ts';
import { FIND_HASHES } from './find-hashes.ts';
import { READ_NUMBERS } from './read-numbers.ts';
import { READ_TIMES } from './read-times.ts';
import { allocate, MOST_PAGES } from './shared-memory.ts';

/** So many numbers are read at once, at most. */
export const BLOCK = 1024;

/** Those of ten by which digits are divided. */
const POWERS = Float64Array.from({ length: 16 }, (_, i) => 10 ** i);
const FACTS = 5;

/** Where cells lie, in memory of the kernels. */
export interface CellPlaces {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly columns: number;
}

/** As codes of bytes. */
export interface Marks {
  readonly delimiter: number;
  /** Undefined: no byte is a quote. */
  readonly quote: number | undefined;
}

/** Numbers of one column: they are there until others are read. */
export interface NumbersRead {
  readonly values: Float64Array;
  /** How many values were read. */
  readonly length: number;
  /** The values with a comma as the decimal mark, of those that have one. */
  readonly withComma: Float64Array;
  readonly commas: number;
  /** Characters of the longest one. */
  readonly longest: number;
  /** Of those without a point: how many there are, and how many characters they have. */
  readonly digits: { least: number; most: number; cells: number };
}

/** Times of one column: they are there until other numbers or times are read. */
export interface TimesRead {
  /** In milliseconds, and the hashes of how they are written. */
  readonly values: Float64Array;
  readonly hashes: Float64Array;
  readonly length: number;
}

/** A time that others are written like: where it begins, and when its day does. */
interface LikeTime {
  readonly start: number;
  readonly day: number;
}

interface Exports {
  readonly find_cells: (...of: number[]) => number;
  readonly find_hashes: (...of: number[]) => number;
  readonly read_numbers: (...of: number[]) => number;
  readonly read_times: (...of: number[]) => number;
}

let compiled: WebAssembly.Module | undefined;

/** Of one thread: what they find is written to memory that no other thread uses. */
export class Kernels {
  readonly #exports: Exports;
  readonly #values: Float64Array;
  readonly #withComma: Float64Array;
  readonly #powers: Float64Array;
  readonly #facts: Int32Array;
  readonly #places: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    compiled ??= new WebAssembly.Module(assemble(FIND_CELLS + READ_NUMBERS + READ_TIMES + FIND_HASHES, MOST_PAGES));
    this.#exports = new WebAssembly.Instance(compiled, { memory: { shared: memory } }).exports as Exports;
    const doubles = Float64Array.BYTES_PER_ELEMENT;
    const { buffer, at } = allocate(memory, (3 * BLOCK + POWERS.length + FACTS) * doubles);
    this.#values = new Float64Array(buffer, at, BLOCK);
    this.#withComma = new Float64Array(buffer, at + BLOCK * doubles, BLOCK);
    this.#powers = new Float64Array(buffer, at + 2 * BLOCK * doubles, POWERS.length);
    this.#powers.set(POWERS);
    this.#facts = new Int32Array(buffer, at + (2 * BLOCK + POWERS.length) * doubles, FACTS);
    this.#places = new Int32Array(buffer, at + (2 * BLOCK + POWERS.length + FACTS) * doubles, BLOCK);
  }

  /**
   * Finds the cells of rows that have nothing special, and writes from `first` on where they begin and end.
   * @param at where the first of the rows begins
   * @param most how many rows
   * @param longest so many bytes may a cell have
   * @returns how many rows were found, and where the next one begins
   */
  findCells(
    { bytes, starts, ends, columns }: CellPlaces,
    {
      at,
      first,
      most,
      longest,
    }: { readonly at: number; readonly first: number; readonly most: number; longest: number },
    { delimiter, quote = delimiter }: Marks,
  ): { readonly rows: number; readonly end: number } {
    const base = bytes.byteOffset;
    const rows = this.#exports.find_cells(
      ...[base + at, base + bytes.length, base, placeOf(starts, first), placeOf(ends, first), columns],
      ...[most, longest, delimiter, quote, this.#facts.byteOffset],
    );
    return { rows, end: this.#facts[0]! };
  }

  /**
   * Reads plain numbers without a leading zero from a cell on, one of each row, up to the first cell that has none.
   * @param most `BLOCK` at most
   * @param points whether numbers may have a point
   */
  readNumbers({ bytes, starts, ends, columns }: CellPlaces, first: number, most: number, points: boolean): NumbersRead {
    const [values, withComma, facts] = [this.#values, this.#withComma, this.#facts];
    const length = this.#exports.read_numbers(
      ...[bytes.byteOffset, placeOf(starts, first), placeOf(ends, first), columns * starts.BYTES_PER_ELEMENT, most],
      ...[Number(points), values.byteOffset, withComma.byteOffset, facts.byteOffset, this.#powers.byteOffset],
    );
    const [commas, longest, cells, least, digits] = facts as unknown as [number, number, number, number, number];
    return {
      ...{ values, length, withComma, commas, longest },
      digits: cells === 0 ? { least: Number.POSITIVE_INFINITY, most: 0, cells } : { least, most: digits, cells },
    };
  }

  /**
   * Finds the first of some numbers whose hash (`hashOfNumber`) may be `largest` or less: a few others may be among them.
   * @param values in memory of the kernels, as `readNumbers` gives them
   * @param length `BLOCK` at most
   * @param largest less than 2^52
   * @returns their places, in ascending order, which are there until others are found
   */
  findHashes(values: Float64Array, length: number, largest: number): Int32Array {
    const places = this.#places;
    const most = Math.floor(largest / 2 ** 20);
    return places.subarray(0, this.#exports.find_hashes(values.byteOffset, length, most, places.byteOffset));
  }

  /**
   * Reads times from a cell on, one of each row, up to the first cell that is none of 19 characters and the same day as another.
   * @param most `BLOCK` at most
   */
  readTimes({ bytes, starts, ends, columns }: CellPlaces, first: number, most: number, like: LikeTime): TimesRead {
    const [values, hashes, base] = [this.#values, this.#withComma, bytes.byteOffset];
    const length = this.#exports.read_times(
      ...[base, placeOf(starts, first), placeOf(ends, first), columns * starts.BYTES_PER_ELEMENT, most],
      ...[base + like.start, like.day, values.byteOffset, hashes.byteOffset],
    );
    return { values, hashes, length };
  }
}

const placeOf = (numbers: Int32Array, index: number): number => numbers.byteOffset + index * numbers.BYTES_PER_ELEMENT;
