/**
 * Counts distinct values by their hashes in bounded memory: exactly up to a bound, by estimate above it. It keeps the k smallest
 * hashes. If the k-th smallest of n uniformly distributed hashes is at the fraction u, n is about (k − 1) / u, with a
 * relative error of about 1 / √(k − 2) (Bar-Yossef et al. 2002, "Counting distinct elements in a data stream"; Beyer et al.
 * 2007).
 */
import { hashOfNumber, leastHash } from '../values/hash.ts';

const K = 1024;
const SPAN = 2 ** 52;

export interface DistinctState {
  readonly heap: readonly number[];
  readonly overflowed: boolean;
}

export class DistinctCount {
  /** The kept hashes, and a max-heap of them to find the largest. */
  readonly #kept: Set<number>;
  readonly #heap: number[];
  #overflowed: boolean;

  constructor({ heap, overflowed }: DistinctState = { heap: [], overflowed: false }) {
    this.#heap = [...heap];
    this.#kept = new Set(heap);
    this.#overflowed = overflowed;
  }

  get state(): DistinctState {
    return { heap: [...this.#heap], overflowed: this.#overflowed };
  }

  /** Adds a value by its hash of 52 bits, which is the same for equal values. */
  add(hash: number): void {
    if (this.#heap.length < K) {
      if (this.#kept.has(hash)) return;
      this.#kept.add(hash);
      this.#heap.push(hash);
      this.#up(this.#heap.length - 1);
      return;
    }
    const largest = this.#heap[0]!;
    // The usual case of a column with many values, for which nothing is looked up.
    if (hash > largest) {
      this.#overflowed = true;
      return;
    }
    if (this.#kept.has(hash)) return;
    this.#overflowed = true;
    this.#kept.delete(largest);
    this.#kept.add(hash);
    this.#heap[0] = hash;
    this.#down();
  }

  /** Adds the first `length` numbers. */
  addNumbers(values: Float64Array, length: number): void {
    for (let i = 0; i < length; i++) this.addNumber(values[i]!);
  }

  addNumber(value: number): void {
    const largest = this.#heap.length < K ? SPAN : this.#heap[0]!;
    // The upper half of most hashes is enough to see that they are not among the smallest.
    if (leastHash(value) > largest) this.#overflowed = true;
    else this.add(hashOfNumber(value));
  }

  get estimated(): boolean {
    return this.#overflowed;
  }

  get count(): number {
    return this.#overflowed ? Math.round((K - 1) / (this.#heap[0]! / SPAN)) : this.#kept.size;
  }

  #up(from: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.#heap[parent]! >= this.#heap[i]!) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(): void {
    for (let i = 0; ; ) {
      let largest = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#heap.length && this.#heap[child]! > this.#heap[largest]!) largest = child;
      }
      if (largest === i) return;
      this.#swap(i, largest);
      i = largest;
    }
  }

  #swap(i: number, j: number): void {
    [this.#heap[i], this.#heap[j]] = [this.#heap[j]!, this.#heap[i]!];
  }
}
