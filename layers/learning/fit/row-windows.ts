/**
 * The rows of an epoch, put into its order by another thread while this one takes steps. Steps then find their rows one after
 * another; to fetch rows in any order, from memory that no cache holds, takes a fifth of a small network's step:
 *
 *     worker:       order ─ window 0 ─ window 1 ─ window 2 ─ window 0 ─ … ─ order of the next epoch ─ …
 *     this thread:                   └─ steps ───────┴─ steps ───────┴─ steps ─ …
 *
 * The batches have the same rows in the same order as without it. A shorter one at the end has copies of its last row behind it.
 */
import { bytesOf } from '#engine/elements.ts';
import { ascending } from '#engine/shuffle.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import type { RowThread } from '../row-thread.ts';
import { type EncodedRows, isSharded, type Portion, rowsBetween, rowsOf, type TrainingRows } from './rows.ts';
import type { EpochStart, Filled, WindowMessage } from './window-filler.ts';

/** Of fewer bytes, most are in the processor's cache. */
const LEAST_BYTES = 2 ** 25;
const WINDOW_BYTES = 2 ** 23;
/** One is used, one is filled, and one waits for the case that either takes longer for once. */
const WINDOWS = 3;

export interface WindowsOf {
  readonly batchSize: number;
  readonly seed: number;
  /** After this one there is none. */
  readonly lastEpoch: number;
}

export class RowWindows implements TrainingRows {
  readonly first: Tensors;
  readonly #windows: readonly Tensors[];
  readonly #batchSize: number;
  readonly #thread: RowThread;
  /** In the order in which they are to be used. */
  readonly #filled: Filled[] = [];
  /** Counts how often the worker was told where to begin. */
  #number = 0;
  /** Where it is, unless some of that was used. */
  #ahead: EpochStart | undefined;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  /**
   * Begins with the first epoch.
   * @param rows in shared memory
   * @param of also how many rows are put together, a multiple of the batch size
   */
  constructor(
    thread: RowThread,
    rows: Tensors,
    { batchSize, seed, lastEpoch, windowRows }: WindowsOf & { readonly windowRows: number },
  ) {
    this.first = rows;
    this.#thread = thread;
    this.#batchSize = batchSize;
    this.#windows = Array.from({ length: WINDOWS }, () => likeRows(rows, windowRows));
    thread.onFilled = (filled) => {
      if (filled instanceof Error) this.#failure = filled;
      else if (filled.number === this.#number) this.#filled.push(filled);
      this.#wake();
    };
    this.#send({ kind: 'windows', rows, windows: this.#windows, batchSize, lastEpoch });
    this.#start({ seed, epoch: 1, from: 0 });
  }

  /** `undefined` where they gain nothing, or the rows are not in memory that threads share. */
  static for(thread: RowThread, rows: EncodedRows, of: WindowsOf): RowWindows | undefined {
    if (isSharded(rows)) return undefined;
    const all = Object.values(rows);
    const bytes = all.reduce((sum, one) => sum + bytesOf(one).byteLength, 0);
    if (bytes < LEAST_BYTES || !all.every((one) => bytesOf(one).buffer instanceof SharedArrayBuffer)) return undefined;
    const batchBytes = of.batchSize * Math.ceil(bytes / rowsOf(rows));
    const windowRows = of.batchSize * Math.max(1, Math.floor(WINDOW_BYTES / batchBytes));
    return new RowWindows(thread, rows, { ...of, windowRows });
  }

  async *epoch(start: EpochStart): AsyncGenerator<Portion, void, undefined> {
    const { seed, epoch, from } = start;
    const isThere = this.#ahead?.seed === seed && this.#ahead.epoch === epoch && this.#ahead.from === from;
    if (!isThere) this.#start(start);
    this.#ahead = undefined;
    for (;;) {
      const { window, rows, isLast } = await this.#next();
      const batches = this.#batchesOf(rows);
      const whole = batches.length * this.#batchSize;
      if (rows > 0) yield { data: rowsBetween(this.#windows[window]!, 0, whole), batches };
      this.#send({ kind: 'used', number: this.#number, window });
      if (!isLast) continue;
      this.#ahead = { seed, epoch: epoch + 1, from: 0 };
      return;
    }
  }

  #start(start: EpochStart): void {
    this.#number++;
    this.#filled.length = 0;
    this.#ahead = start;
    this.#send({ kind: 'start', number: this.#number, start });
  }

  #batchesOf(rows: number): Int32Array[] {
    const all = ascending(rows);
    const size = this.#batchSize;
    return Array.from({ length: Math.ceil(rows / size) }, (_, i) => all.subarray(i * size, (i + 1) * size));
  }

  async #next(): Promise<Filled> {
    for (;;) {
      const filled = this.#filled.shift();
      if (filled) return filled;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #send(message: WindowMessage): void {
    this.#thread.send(message);
  }
}

/** Shared memory for so many rows of the same types. */
function likeRows(rows: Tensors, count: number): Tensors {
  return Object.fromEntries(
    Object.entries(rows).map(([name, { dtype, shape }]) => {
      const row = shape.slice(1);
      const memory = new SharedArrayBuffer(count * row.reduce((size, dim) => size * dim, 4));
      return dtype === 'float32'
        ? [name, tensor('float32', [count, ...row], new Float32Array(memory))]
        : [name, tensor('int32', [count, ...row], new Int32Array(memory))];
    }),
  );
}
