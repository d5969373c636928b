/** Times of a column that follow one another, of which none is counted or remembered: they are summarised together. */
import type { ColumnCells, ColumnRecorder } from '../columns/recorder.ts';
import type { Cells } from '../files/cells.ts';
import { hashOfBytes } from '../values/hash.ts';
import { readIsoTime } from '../values/iso-time.ts';
import type { ValueCounts } from './counts.ts';
import { hasBlank } from './word-bytes.ts';

/** The most of them. */
const BLOCK = 1024;

export interface TimeRules {
  /** Times that are words for "no value". */
  readonly missing: ReadonlySet<number>;
  /** The words that are counted or remembered, of which there is no room for more. */
  readonly counts: ValueCounts;
  /** The least and the greatest time among those words. */
  readonly known: TimeSpan;
}

export interface TimeSpan {
  readonly least: number;
  readonly greatest: number;
}

const DAY_MS = 86_400_000;
/** Characters of a time to the second. */
const TO_SECOND = 19;

export class TimeBlock {
  /** In milliseconds, and the hashes of how they are written. */
  readonly values = new Float64Array(BLOCK);
  readonly hashes = new Float64Array(BLOCK);
  length = 0;
  /** Of the first of them; the others follow it. */
  row = 0;
  /** Characters of the longest one. */
  longest = 0;
  hasBlanks = false;

  /** Takes times from a row on. */
  takeCells({ cells, column, row: from }: ColumnCells, rules: TimeRules): void {
    const { bytes, columns, rows, starts, ends } = cells;
    this.length = this.longest = 0;
    this.hasBlanks = false;
    const most = Math.min(rows - from, BLOCK);
    let day = Number.NaN;
    while (this.length < most) {
      const at = (from + this.length) * columns + column;
      const [start, end] = [starts[at]!, ends[at]!];
      const time = readIsoTime(bytes, start, end);
      if (Number.isNaN(time) || (rules.missing.size > 0 && rules.missing.has(time))) return;
      const hash = hashOfBytes(bytes, start, end);
      if (rules.counts.find(bytes, start, end, hash) >= 0) return;
      if (end - start > this.longest) this.longest = end - start;
      if (!this.hasBlanks) this.hasBlanks = hasBlank(bytes, start, end);
      this.values[this.length] = time;
      this.hashes[this.length++] = hash;
      const isSameDay = time >= day && time < day + DAY_MS;
      if (!isSameDay) day = Math.floor(time / DAY_MS) * DAY_MS;
      // After a second time of a day, others mostly follow.
      else if (end - start === TO_SECOND) this.#takeLike(cells, at + columns, most, { start, day }, rules);
    }
  }

  /** Takes times of a day that are written like another one, up to so many together, where none of them can be known. */
  #takeLike(
    cells: Cells,
    first: number,
    most: number,
    like: { readonly start: number; readonly day: number },
    { missing, known }: TimeRules,
  ): void {
    const mayBeKnown = like.day <= known.greatest && like.day + DAY_MS > known.least;
    if (!cells.kernels || missing.size > 0 || mayBeKnown) return;
    const { values, hashes, length } = cells.kernels.readTimes(cells, first, most - this.length, like);
    this.values.set(values.subarray(0, length), this.length);
    this.hashes.set(hashes.subarray(0, length), this.length);
    this.length += length;
  }
}

/** The least and the greatest time among some words, which may have none. */
export function spanOfTimes(words: Iterable<string>): TimeSpan {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const word of words) {
    const bytes = Buffer.from(word);
    const time = readIsoTime(bytes, 0, bytes.length);
    if (time < least) least = time;
    if (time > greatest) greatest = time;
  }
  return { least, greatest };
}

/** Reads a column: what times are added to. */
interface TimesReader {
  readonly summary: {
    timeRules(missing: ReadonlySet<number>): TimeRules | undefined;
    addTimes(block: TimeBlock): void;
  };
  readonly recorder?: Pick<ColumnRecorder, 'addTimes'> | undefined;
}

/** Nobody has it for longer than the call that fills it. */
const block = new TimeBlock();

/**
 * Adds times together, as far as they can be, and returns how many.
 * @param from which cell of the column on
 * @param before rows of the table before these cells
 * @param missing times that are words for "no value"
 */
export function addTimes(
  { summary, recorder }: TimesReader,
  from: ColumnCells,
  before: number,
  missing: ReadonlySet<number>,
): number {
  const rules = summary.timeRules(missing);
  if (!rules) return 0;
  block.takeCells(from, rules);
  block.row = before + from.row + 1;
  if (block.length === 0) return 0;
  summary.addTimes(block);
  recorder?.addTimes(block.values, block.length, from);
  return block.length;
}
