/** Times of a column that follow one another, of which none is counted or remembered: they are summarised together. */
import type { ColumnCells, ColumnRecorder } from '../columns/recorder.ts';
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
}

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
  takeCells({ cells, column, row: from }: ColumnCells, { missing, counts }: TimeRules): void {
    const { bytes, columns, rows, starts, ends } = cells;
    this.length = this.longest = 0;
    this.hasBlanks = false;
    const last = Math.min(rows, from + BLOCK);
    for (let row = from, at = from * columns + column; row < last; row++, at += columns) {
      const [start, end] = [starts[at]!, ends[at]!];
      const time = readIsoTime(bytes, start, end);
      if (Number.isNaN(time) || (missing.size > 0 && missing.has(time))) return;
      const hash = hashOfBytes(bytes, start, end);
      if (counts.find(bytes, start, end, hash) >= 0) return;
      if (end - start > this.longest) this.longest = end - start;
      if (!this.hasBlanks) this.hasBlanks = hasBlank(bytes, start, end);
      this.values[this.length] = time;
      this.hashes[this.length++] = hash;
    }
  }
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
