import type { Batch } from './batch.ts';

/** Rows whose cells lie in one piece of UTF-8, which the next batch of the same file overwrites. */
export class Cells implements Batch {
  readonly columns: number;
  rows = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** Where the cells begin and end in `bytes`, row by row. */
  starts = new Int32Array(4096);
  ends = new Int32Array(4096);

  constructor(columns: number) {
    this.columns = columns;
  }

  /** Begins anew, with cells of these bytes. */
  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.rows = 0;
  }

  /** Makes room for one more row, and returns the place of its first cell. */
  nextRow(): number {
    const at = this.rows * this.columns;
    if (at + this.columns > this.starts.length) {
      this.starts = grown(this.starts, at + this.columns);
      this.ends = grown(this.ends, at + this.columns);
    }
    return at;
  }

  /** Whether two columns have the same bytes in every row. */
  areEqual(one: number, other: number): boolean {
    const { bytes, starts, ends } = this;
    for (let at = 0; at < this.rows * this.columns; at += this.columns) {
      const [start, end] = [starts[at + one]!, ends[at + one]!];
      const [otherStart, otherEnd] = [starts[at + other]!, ends[at + other]!];
      if (end - start !== otherEnd - otherStart) return false;
      for (let i = 0; i < end - start; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false;
    }
    return true;
  }

  text(row: number, column: number): string {
    const at = row * this.columns + column;
    return this.bytes.toString('utf8', this.starts[at], this.ends[at]);
  }
}

function grown(values: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * values.length, least));
  larger.set(values);
  return larger;
}
