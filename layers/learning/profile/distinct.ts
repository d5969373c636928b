/**
 * Counts distinct values by their hashes in bounded memory: exactly up to a bound, by estimate above it. It keeps the k smallest
 * hashes. If the k-th smallest of n uniformly distributed hashes is at the fraction u, n is about (k − 1) / u, with a
 * relative error of about 1 / √(k − 2) (Bar-Yossef et al. 2002, "Counting distinct elements in a data stream"; Beyer et al.
 * 2007).
 */
import type { Kernels } from '../kernels/kernels.ts';
import { hashOfNumber, leastHash } from '../values/hash.ts';

const K = 1024;
const SPAN = 2 ** 52;
/** With so many, those that are not among the smallest are forgotten. */
const MOST = 2 * K;
const FREE = 0;

export interface DistinctState {
  /** In ascending order. */
  readonly hashes: Float64Array;
  readonly overflowed: boolean;
}

export class DistinctCount {
  /** A hash table with open addressing, at most half full. */
  #places = new Float64Array(32);
  #size = 0;
  /** Hashes above are not among the k smallest. */
  #largest = Number.POSITIVE_INFINITY;
  #overflowed: boolean;
  /** The k smallest, until there is another one. */
  #sorted: Float64Array | undefined;

  constructor({ hashes, overflowed }: DistinctState = { hashes: new Float64Array(), overflowed: false }) {
    this.#overflowed = overflowed;
    this.#keep(hashes);
  }

  get state(): DistinctState {
    return { hashes: this.#smallest, overflowed: this.estimated };
  }

  /** Adds a value by its hash of 52 bits, which is the same for equal values. */
  add(hash: number): void {
    // The usual case of a column with many values, for which nothing is looked up.
    if (hash > this.#largest) {
      this.#overflowed = true;
      return;
    }
    if (!this.#insert(hash || 1)) return;
    if (this.#size === MOST) {
      this.#overflowed = true;
      this.#keep(this.#smallest);
    } else if (2 * this.#size > this.#places.length) this.#rebuild(2 * this.#places.length, this.#places);
  }

  /**
   * Adds the first `length` numbers.
   * @param kernels those in whose memory the numbers lie; absent: none
   */
  addNumbers(values: Float64Array, length: number, kernels?: Kernels): void {
    // There is a bound where some hashes were forgotten, and the others are not counted exactly any more.
    if (kernels && Number.isFinite(this.#largest)) {
      const places = kernels.findHashes(values, length, this.#largest);
      for (let i = 0; i < places.length; i++) this.add(hashOfNumber(values[places[i]!]!));
      return;
    }
    for (let i = 0; i < length; i++) this.addNumber(values[i]!);
  }

  addNumber(value: number): void {
    // The upper half of most hashes is enough to see that they are not among the smallest.
    if (leastHash(value) > this.#largest) this.#overflowed = true;
    else this.add(hashOfNumber(value));
  }

  get estimated(): boolean {
    return this.#overflowed || this.#size > K;
  }

  get count(): number {
    return this.estimated ? Math.round((K - 1) / (this.#smallest.at(-1)! / SPAN)) : this.#size;
  }

  get #smallest(): Float64Array {
    this.#sorted ??= this.#places
      .filter((hash) => hash !== FREE)
      .sort()
      .slice(0, K);
    return this.#sorted;
  }

  #keep(hashes: Float64Array): void {
    if (this.#overflowed) this.#largest = hashes.at(-1)!;
    this.#rebuild(Math.max(this.#places.length, 4 * hashes.length), hashes);
  }

  /** @returns whether it is a new one */
  #insert(hash: number): boolean {
    const places = this.#places;
    const mask = places.length - 1;
    // Of the smallest hashes, the upper bits are alike.
    let at = (hash - Math.floor(hash * 2 ** -20) * 2 ** 20) & mask;
    for (let found = places[at]!; found !== FREE; found = places[at]!) {
      if (found === hash) return false;
      at = (at + 1) & mask;
    }
    places[at] = hash;
    this.#sorted = undefined;
    this.#size++;
    return true;
  }

  #rebuild(length: number, hashes: Float64Array): void {
    this.#places = new Float64Array(2 ** Math.ceil(Math.log2(length)));
    this.#size = 0;
    for (const hash of hashes) if (hash !== FREE) this.#insert(hash);
  }
}
