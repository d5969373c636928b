/**
 * Counts distinct strings in bounded memory: exactly up to a bound, by estimate above it. It keeps the k smallest
 * hashes. If the k-th smallest of n uniformly distributed hashes is at the fraction u, n is about (k − 1) / u, with a
 * relative error of about 1 / √(k − 2) (Bar-Yossef et al. 2002, "Counting distinct elements in a data stream"; Beyer et al.
 * 2007).
 */
const K = 1024;
const SPAN = 2 ** 52;
const SEED = { a: 0x811c9dc5, b: 0x1b873593 };

export class DistinctCount {
  /** The kept hashes, and a max-heap of them to find the largest. */
  readonly #kept = new Set<number>();
  readonly #heap: number[] = [];
  #overflowed = false;

  add(value: string): void {
    this.addHash(hash52(value));
  }

  /** Adds a value of which only the hash is known: 52 bits, the same for equal values. */
  addHash(hash: number): void {
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

/** The hash of ASCII text, as `add` would compute it. */
export function hashOfAscii(bytes: Uint8Array, start: number, end: number): number {
  let a = SEED.a;
  let b = SEED.b;
  for (let i = start; i < end; i++) {
    const unit = bytes[i]!;
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 15);
  }
  return (mix(a) >>> 0) * 2 ** 20 + (mix(b) >>> 12);
}

/** 52 bits of two 32-bit hashes (FNV-1a with two offsets), each finalised with MurmurHash3's mixer. */
export function hash52(value: string): number {
  let a = SEED.a;
  let b = SEED.b;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 15);
  }
  return (mix(a) >>> 0) * 2 ** 20 + (mix(b) >>> 12);
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
