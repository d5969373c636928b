/**
 * Memory of chunks, which threads share and use again: what each group of rows would make anew, V8 counts as allocated, and
 * marks its heap for it eight times while a table of 150 MB is read.
 */
export interface ChunkMemory {
  readonly bytes: Uint8Array;
  /** 1 from when it is taken until somebody has read the bytes. */
  readonly inUse: Int32Array;
}

/** Before the bytes, so that they begin where any number may. */
const HEAD_BYTES = 64;

export class ChunkMemories {
  readonly #all: SharedArrayBuffer[] = [];

  /** A copy of the values. */
  copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): ChunkMemory {
    const memory = this.#free(HEAD_BYTES + byteLength);
    const inUse = new Int32Array(memory, 0, 1);
    Atomics.store(inUse, 0, 1);
    const bytes = new Uint8Array(memory, HEAD_BYTES, byteLength);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
    return { bytes, inUse };
  }

  #free(length: number): SharedArrayBuffer {
    const isFree = (memory: SharedArrayBuffer) =>
      memory.byteLength >= length && Atomics.load(new Int32Array(memory, 0, 1), 0) === 0;
    const known = this.#all.find(isFree);
    if (known) return known;
    const made = new SharedArrayBuffer(length);
    this.#all.push(made);
    // Where nobody gives any back, they are not kept.
    if (this.#all.length > MOST) this.#all.shift();
    return made;
  }
}

const MOST = 8;
