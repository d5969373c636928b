import { createHash } from 'node:crypto';
import type { ByteSource } from './cipher.ts';

export interface Digest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Passes bytes on, and knows their digest once they have ended. */
export class Digesting implements AsyncIterable<Uint8Array> {
  readonly #source: ByteSource;
  #digest: Digest | undefined;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of this.#source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
    this.#digest = { sha256: hash.digest('hex'), bytes };
  }

  /** Throws while the bytes have not been read to their end. */
  digest(): Digest {
    if (this.#digest === undefined)
      throw new TypeError('a digest is known only once the bytes have been read to their end');
    return this.#digest;
  }
}
