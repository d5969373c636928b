/** Puts rows into the order of one epoch after another, for `RowWindows`. */
import type { Tensors } from '#engine/tensor.ts';
import { batchesOf } from './batches.ts';
import { gatherRows, padRows } from './gather-rows.ts';

/** What an epoch is, and the batch with which it begins. */
export interface EpochStart {
  readonly seed: number;
  readonly epoch: number;
  readonly from: number;
}

export type WindowMessage =
  | {
      readonly kind: 'windows';
      /** All of it is in shared memory. */
      readonly rows: Tensors;
      readonly windows: readonly Tensors[];
      readonly batchSize: number;
      /** After this one there is none. */
      readonly lastEpoch: number;
    }
  /** Where to begin. What was filled before, nobody needs any more. */
  | { readonly kind: 'start'; readonly number: number; readonly start: EpochStart }
  /** A window whose rows were used. */
  | { readonly kind: 'used'; readonly number: number; readonly window: number };

/** A window that has the rows of some batches, one after another. */
export interface Filled {
  readonly kind: 'filled';
  /** Of the start that it follows. */
  readonly number: number;
  readonly window: number;
  /** How many rows it has, and whether they are the last ones of their epoch. */
  readonly rows: number;
  readonly isLast: boolean;
}

export class WindowFiller {
  readonly #emit: (filled: Filled) => void;
  #of: Extract<WindowMessage, { kind: 'windows' }> | undefined;
  #number = 0;
  #at: EpochStart | undefined;
  /** Those of the epoch that are still to be put anywhere. */
  #batches: readonly Int32Array[] | undefined;
  #free: number[] = [];
  #isWaiting = false;

  constructor(emit: (filled: Filled) => void) {
    this.#emit = emit;
  }

  take(message: WindowMessage): void {
    if (message.kind === 'windows') {
      this.end();
      this.#of = message;
      return;
    }
    if (message.kind === 'start') {
      this.#number = message.number;
      this.#at = message.start;
      this.#batches = undefined;
      this.#free = (this.#of?.windows ?? []).map((_, window) => window);
    } else if (message.number === this.#number) this.#free.push(message.window);
    this.#fillNext();
  }

  /** Fills no more. */
  end(): void {
    this.#of = this.#at = this.#batches = undefined;
    this.#free = [];
  }

  /** One window, and the next one after the messages that have come meanwhile. */
  #fillNext(): void {
    if (this.#isWaiting || this.#of === undefined || this.#at === undefined) return;
    const window = this.#free.shift();
    if (window === undefined) return;
    this.#fill(this.#of, this.#at, window);
    this.#isWaiting = true;
    setImmediate(() => {
      this.#isWaiting = false;
      this.#fillNext();
    });
  }

  #fill(
    { rows, windows, batchSize, lastEpoch }: Extract<WindowMessage, { kind: 'windows' }>,
    at: EpochStart,
    window: number,
  ): void {
    const { seed, epoch, from } = at;
    const batches = this.#batches ?? batchesOf(countOf(rows), batchSize, seed, epoch).slice(from);
    const into = windows[window]!;
    const some = batches.slice(0, countOf(into) / batchSize);
    const picked = joined(some);
    gatherRows(rows, picked, into);
    const padding = some.length * batchSize - picked.length;
    if (padding > 0) padRows(into, picked.length, padding);
    const isLast = some.length === batches.length;
    this.#emit({ kind: 'filled', number: this.#number, window, rows: picked.length, isLast });
    // Whoever trains goes on with the next epoch, as a rule.
    this.#batches = isLast ? undefined : batches.slice(some.length);
    if (isLast) this.#at = epoch < lastEpoch ? { seed, epoch: epoch + 1, from: 0 } : undefined;
  }
}

const countOf = (tensors: Tensors): number => Object.values(tensors)[0]!.shape[0]!;

/** Batches are consecutive parts of one order. */
function joined(some: readonly Int32Array[]): Int32Array {
  const [first] = some;
  const rows = some.reduce((sum, { length }) => sum + length, 0);
  return first ? new Int32Array(first.buffer, first.byteOffset, rows) : new Int32Array();
}
