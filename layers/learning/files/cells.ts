import { Kernels } from '../kernels/kernels.ts';
import { allocate } from '../kernels/shared-memory.ts';
import type { Batch } from './batch.ts';

/** Memory for some rows, which other threads can read as well. */
export class CellsMemory {
  bytes: Buffer;
  starts: Int32Array;
  ends: Int32Array;
  /** How many other threads are reading it. */
  readers = 0;

  constructor(memory: WebAssembly.Memory | undefined) {
    this.bytes = sharedBytes(memory, 0);
    this.starts = sharedNumbers(memory, 4096);
    this.ends = sharedNumbers(memory, 4096);
  }
}

/** Rows as another thread gets them: in memory that is shared, and not changed until it was read. */
export interface SharedCells {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly rows: number;
  readonly columns: number;
  /** What they lie in, if it is such memory. */
  readonly kernelMemory: WebAssembly.Memory | undefined;
}

/** Rows whose cells lie in one piece of UTF-8, which the next batch of the same file overwrites. */
export class Cells implements Batch {
  readonly columns: number;
  rows = 0;
  /** What the rows lie in, after `fill`. */
  memory: CellsMemory;
  bytes: Buffer;
  /** Where the cells begin and end in `bytes`, row by row. */
  starts: Int32Array;
  ends: Int32Array;
  readonly #memories: CellsMemory[];
  readonly #kernelMemory: WebAssembly.Memory | undefined;
  /** Undefined: they cannot see these cells. */
  readonly kernels: Kernels | undefined;

  /** @param kernelMemory what the cells lie in, where kernels are to read them */
  constructor(columns: number, kernelMemory?: WebAssembly.Memory) {
    this.columns = columns;
    this.#kernelMemory = kernelMemory;
    this.kernels = kernelMemory && new Kernels(kernelMemory);
    this.memory = new CellsMemory(kernelMemory);
    this.#memories = [this.memory];
    const { bytes, starts, ends } = this.memory;
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  get shared(): SharedCells {
    const { bytes, starts, ends, rows, columns } = this;
    return { bytes, starts, ends, rows, columns, kernelMemory: this.#kernelMemory };
  }

  /** Begins anew, with what another thread has found. */
  take({ bytes, starts, ends, rows }: SharedCells): void {
    this.reset(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    this.starts = starts;
    this.ends = ends;
    this.rows = rows;
  }

  /** Begins anew, with cells of these bytes. */
  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.rows = 0;
  }

  /** Begins anew, with cells of these bytes one after another, in memory that no other thread is reading. */
  fill(pieces: readonly Uint8Array[]): Buffer {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const memory = this.#freeMemory();
    // The first piece may be what is left of the rows before, in the same memory.
    let into = memory.bytes;
    if (length > into.length) into = sharedBytes(this.#kernelMemory, length + (length >> 3));
    let at = 0;
    for (const piece of pieces) {
      into.set(piece, at);
      at += piece.length;
    }
    memory.bytes = into;
    this.memory = memory;
    this.starts = memory.starts;
    this.ends = memory.ends;
    this.reset(into.subarray(0, length));
    return this.bytes;
  }

  #freeMemory(): CellsMemory {
    const free = this.#memories.find(({ readers }) => readers === 0);
    if (free) return free;
    const added = new CellsMemory(this.#kernelMemory);
    this.#memories.push(added);
    return added;
  }

  /** Makes room for one more row, and returns the place of its first cell. */
  nextRow(): number {
    const at = this.rows * this.columns;
    if (at + this.columns > this.starts.length) {
      this.starts = this.memory.starts = this.#grown(this.starts, at + this.columns);
      this.ends = this.memory.ends = this.#grown(this.ends, at + this.columns);
    }
    return at;
  }

  #grown(numbers: Int32Array, least: number): Int32Array {
    const larger = sharedNumbers(this.#kernelMemory, Math.max(2 * numbers.length, least));
    larger.set(numbers);
    return larger;
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

function sharedBytes(memory: WebAssembly.Memory | undefined, length: number): Buffer {
  const { buffer, at } = allocate(memory, length);
  return Buffer.from(buffer, at, length);
}

function sharedNumbers(memory: WebAssembly.Memory | undefined, length: number): Int32Array<SharedArrayBuffer> {
  const { buffer, at } = allocate(memory, length * Int32Array.BYTES_PER_ELEMENT);
  return new Int32Array(buffer, at, length);
}
