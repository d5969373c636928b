/** Numbers that were never text: what they would be as text, as far as it matters. */
import { realText } from '../files/parquet-values.ts';
import { isPlainSize, type PlainNumber } from '../values/plain-number.ts';
import type { CellText } from './cell-text.ts';

export interface Numbers {
  /** Of the rows that have a value. */
  readonly values: Float64Array;
  /** For each row whether it has one. Absent if all have. */
  readonly levels: ArrayLike<number> | undefined;
  /** Whether they are written with a point, be they whole or not. */
  readonly isReal: boolean;
}

export class NumberCell implements PlainNumber, CellText {
  value = 0;
  withComma = Number.NaN;
  hasPoint = false;
  readonly leadingZero = false;

  /** @returns whether it is written with digits and at most a sign and a point */
  set(value: number, isReal: boolean): boolean {
    // Adding 0 makes -0 and 0 the same.
    this.value = value + 0;
    this.hasPoint = isReal;
    if (!isPlainSize(Math.abs(value))) return false;
    this.withComma = isReal ? grouped(value) : value;
    return true;
  }

  toString(): string {
    return this.hasPoint ? realText(this.value) : String(this.value);
  }
}

/** What 1.234 is if the point stands between thousands: it has to have three digits behind it. */
export function grouped(value: number): number {
  const size = Math.abs(value);
  if (size < 1 || size >= 1000 || !mayBeGrouped(value)) return Number.NaN;
  const thousands = inThousands(value);
  return thousands / 1000 === value && thousands % 10 !== 0 ? thousands : Number.NaN;
}

/** Whether it has at most three digits behind the point: most numbers have more, which is seen without a division. */
export const mayBeGrouped = (value: number): boolean => Math.abs(value * 1000 - inThousands(value)) <= 1e-6;

/** What it is without the point, if that has three digits behind it. */
export const inThousands = (value: number): number => Math.round(value * 1000);

/** How many characters a whole number has. */
export function wholeLength(value: number): number {
  const size = Math.abs(value);
  let length = value < 0 ? 2 : 1;
  for (let bound = 10; size >= bound; bound *= 10) length++;
  return length;
}

/** How many rows from one on have a value. */
export function runOf(levels: ArrayLike<number> | undefined, from: number, rows: number): number {
  if (levels === undefined) return rows - from;
  let row = from;
  while (row < rows && levels[row]) row++;
  return row - from;
}
