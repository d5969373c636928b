import { release } from '#domain/release.ts';
import type { ByteSource } from './cipher.ts';

/** Takes bytes from a stream in the sizes of a format. Copies only what is small. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #pieces: Uint8Array[] = [];
  /** The pieces as they came, the first of which `#pieces` may have a rest of. */
  readonly #whole: Uint8Array[] = [];
  readonly #isReleased: boolean;
  #available = 0;
  #ended = false;

  /** @param isReleased whether the memory of what has been taken is given back */
  constructor(source: ByteSource, isReleased: boolean) {
    this.#isReleased = isReleased;
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** Reads on until there are so many bytes. False: the stream ended before. */
  async has(bytes: number): Promise<boolean> {
    while (this.#available < bytes && !this.#ended) {
      const next = await this.#iterator.next();
      if (next.done) this.#ended = true;
      else if (next.value.length > 0) {
        this.#pieces.push(next.value);
        this.#whole.push(next.value);
        this.#available += next.value.length;
      }
    }
    return this.#available >= bytes;
  }

  /** The bytes that come next, of those that have been read; as many as there are, up to `bytes`. */
  peek(bytes: number): Buffer {
    const wanted = Math.min(bytes, this.#available);
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= wanted) return Buffer.from(first.buffer, first.byteOffset, wanted);
    return Buffer.concat(this.#pieces, wanted);
  }

  /** Bytes that have been read, in pieces. */
  take(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let left = bytes; left > 0; ) {
      const piece = this.#pieces.shift()!;
      taken.push(piece.length <= left ? piece : piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#available -= bytes;
    return taken;
  }

  /** Nobody uses what has been taken any more. */
  taken(): void {
    for (const piece of this.#whole.splice(0, this.#whole.length - this.#pieces.length)) {
      if (this.#isReleased) release(piece);
    }
  }

  /** The stream is not read any further. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
