import type { ByteSource } from './cipher.ts';
import { type Hash, hashHere } from './hash.ts';

export interface Digest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Bytes whose digest is known once they have ended. */
abstract class Hashed implements AsyncIterable<Uint8Array> {
  readonly #start: () => Hash;
  #digest: Digest | undefined;

  /** @param start what hashes the bytes */
  constructor(start: () => Hash) {
    this.#start = start;
  }

  protected abstract read(hash: Hash): AsyncIterable<Uint8Array>;

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = this.#start();
    let bytes = 0;
    let ended = false;
    try {
      for await (const chunk of this.read(hash)) {
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

/** Passes bytes on, and hashes them. */
export class Digesting extends Hashed {
  readonly #source: ByteSource;

  /** @param start what hashes the bytes. Default: this thread does. */
  constructor(source: ByteSource, start: () => Hash = hashHere) {
    super(start);
    this.#source = source;
  }

  protected async *read(hash: Hash): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      await hash.update(chunk);
      yield chunk;
    }
  }
}

/** Bytes that are made by what hashes them. */
export class Made extends Hashed {
  readonly #make: (hash: Hash) => AsyncIterable<Uint8Array>;

  constructor(make: (hash: Hash) => AsyncIterable<Uint8Array>, start: () => Hash) {
    super(start);
    this.#make = make;
  }

  protected read(hash: Hash): AsyncIterable<Uint8Array> {
    return this.#make(hash);
  }
}
