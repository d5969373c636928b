import type { ByteSource } from './cipher.ts';

/** A source that counts its bytes, and remembers its own error: a reader can tell it from an error about the bytes. */
export class Source implements AsyncIterable<Uint8Array> {
  readonly #bytes: ByteSource;
  bytes = 0;
  /** Its own error, if there was one. */
  failed: { readonly error: unknown } | undefined;

  constructor(bytes: ByteSource) {
    this.#bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const bytes = this.#bytes;
    const iterator = Symbol.asyncIterator in bytes ? bytes[Symbol.asyncIterator]() : bytes[Symbol.iterator]();
    try {
      for (let next = await this.#next(iterator); !next.done; next = await this.#next(iterator)) {
        this.bytes += next.value.length;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  async #next(iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next();
    } catch (error) {
      this.failed = { error };
      throw error;
    }
  }
}
