import type { ByteSource } from './cipher.ts';
import { type Hash, hashHere } from './hash.ts';

export interface Digest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Passes bytes on, and knows their digest once they have ended. */
export class Digesting implements AsyncIterable<Uint8Array> {
  readonly #source: ByteSource;
  readonly #start: () => Hash;
  #digest: Digest | undefined;

  /** @param start what hashes the bytes. Default: this thread does. */
  constructor(source: ByteSource, start: () => Hash = hashHere) {
    this.#source = source;
    this.#start = start;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = this.#start();
    let bytes = 0;
    let ended = false;
    try {
      for await (const chunk of this.#source) {
        await hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
      ended = true;
    } finally {
      if (!ended) hash.abandon();
    }
    this.#digest = { sha256: await hash.digest(), bytes };
  }

  /** Throws while the bytes have not been read to their end. */
  digest(): Digest {
    if (this.#digest === undefined)
      throw new TypeError('a digest is known only once the bytes have been read to their end');
    return this.#digest;
  }
}
