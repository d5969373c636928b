/** Numbers pieces of bytes in the order in which they were added: a hash table with open addressing that makes no strings. */
export interface ByteTableState {
  readonly hashes: Float64Array;
  /** One more than there are entries: each ends where the next one begins. */
  readonly starts: Int32Array;
  readonly bytes: Uint8Array;
}

export class ByteTable {
  size = 0;
  /** The entry in each place plus 1; 0 is a free place. */
  #places = new Int32Array(64);
  #hashes = new Float64Array(32);
  #starts = new Int32Array(33);
  #bytes: Buffer = Buffer.alloc(256);

  static from({ hashes, starts, bytes }: ByteTableState): ByteTable {
    const table = new ByteTable();
    for (let entry = 0; entry < hashes.length; entry++) {
      table.add(bytes, starts[entry]!, starts[entry + 1]!, hashes[entry]!);
    }
    return table;
  }

  get state(): ByteTableState {
    return {
      hashes: this.#hashes.slice(0, this.size),
      starts: this.#starts.slice(0, this.size + 1),
      bytes: Uint8Array.from(this.#bytes.subarray(0, this.bytes)),
    };
  }

  /** Of all entries together. */
  get bytes(): number {
    return this.#starts[this.size]!;
  }

  /** The entry of these bytes, or -1. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let at = placeOf(hash) & mask; ; at = (at + 1) & mask) {
      const entry = places[at]! - 1;
      if (entry < 0 || (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end))) return entry;
    }
  }

  /** Adds bytes that it does not have, and returns their entry. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const entry = this.size++;
    if (entry === this.#hashes.length) this.#grow();
    const [from, to] = [this.#starts[entry]!, this.#starts[entry]! + end - start];
    if (to > this.#bytes.length) this.#bytes = larger(this.#bytes, Math.max(to, 2 * this.#bytes.length));
    for (let at = start; at < end; at++) this.#bytes[from + at - start] = bytes[at]!;
    this.#starts[entry + 1] = to;
    this.#hashes[entry] = hash;
    this.#place(entry, hash);
    return entry;
  }

  text(entry: number): string {
    return this.#bytes.toString('utf8', this.#starts[entry], this.#starts[entry + 1]);
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    const from = this.#starts[entry]!;
    if (this.#starts[entry + 1]! - from !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (own[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #place(entry: number, hash: number): void {
    const mask = this.#places.length - 1;
    let at = placeOf(hash) & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = entry + 1;
  }

  #grow(): void {
    const [hashes, starts] = [this.#hashes, this.#starts];
    this.#hashes = new Float64Array(2 * hashes.length);
    this.#hashes.set(hashes);
    this.#starts = new Int32Array(2 * hashes.length + 1);
    this.#starts.set(starts);
    this.#places = new Int32Array(2 * this.#places.length);
    for (const [entry, hash] of hashes.entries()) this.#place(entry, hash);
  }
}

/** The upper 32 bits of the hash. */
const placeOf = (hash: number): number => (hash * 2 ** -20) | 0;

function larger(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.alloc(length);
  copy.set(bytes);
  return copy;
}
