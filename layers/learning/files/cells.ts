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

  text(row: number, column: number): string {
    const at = row * this.columns + column;
    return this.bytes.toString('utf8', this.starts[at], this.ends[at]);
  }
}

/** So many rows of other batches become cells together. */
const ROWS = 4096;

/** The same rows as cells, in one piece or several. */
export function* asCells(batch: Batch, columns: number): Generator<Cells> {
  if (batch instanceof Cells) yield batch;
  else
    for (let row = 0; row < batch.rows; row += ROWS)
      yield cellsFrom(batch, columns, row, Math.min(batch.rows, row + ROWS));
}

/** The rows of all batches as cells. */
export async function* cellsOf(batches: AsyncIterable<Batch>, columns: number): AsyncGenerator<Cells> {
  for await (const batch of batches) yield* asCells(batch, columns);
}

function cellsFrom(batch: Batch, columns: number, from: number, to: number): Cells {
  const cells = new Cells(columns);
  const texts: string[] = [];
  let length = 0;
  for (let row = from; row < to; row++) {
    const first = cells.nextRow();
    for (let column = 0; column < columns; column++) {
      const text = batch.text(row, column);
      texts.push(text);
      cells.starts[first + column] = length;
      length += Buffer.byteLength(text);
      cells.ends[first + column] = length;
    }
    cells.rows++;
  }
  cells.bytes = Buffer.from(texts.join(''));
  return cells;
}

function grown(values: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * values.length, least));
  larger.set(values);
  return larger;
}
