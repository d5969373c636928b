import { createHash } from 'node:crypto';
import { pipeline, type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { DamagedFileError } from './errors.ts';
import type { Digest } from './ports/blobs/port.ts';

interface Running {
  update(bytes: Uint8Array): void;
  digest(): string;
}

export const sha256Digest = (hex: string): string => `sha256:${hex}`;
export const crc32Digest = (sum: number): string => `crc32:${sum.toString(16).padStart(8, '0')}`;

function running(wanted: string | undefined): Running {
  if (!wanted?.startsWith('crc32:')) {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => sha256Digest(hash.digest('hex')) };
  }
  let sum = 0;
  return {
    update(bytes) {
      sum = crc32(bytes, sum);
    },
    digest: () => crc32Digest(sum),
  };
}

/** Compares bytes, chunk by chunk, with the digests of consecutive pieces. */
class Pieces {
  readonly #what: string;
  readonly #digests: readonly Digest[];
  #index = 0;
  #left: number;
  #running: Running;

  constructor(what: string, digests: readonly Digest[]) {
    this.#what = what;
    this.#digests = digests;
    this.#left = digests[0]?.bytes ?? 0;
    this.#running = running(digests[0]?.digest);
  }

  /** Throws `DamagedFileError` if a piece that ends in the chunk is not the one that was written. */
  add(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, this.#left);
      // More than there are pieces.
      if (taken.length === 0) throw this.#damaged();
      this.#running.update(taken);
      this.#left -= taken.length;
      rest = rest.subarray(taken.length);
      if (this.#left === 0) this.#next();
    }
  }

  /** Throws `DamagedFileError` if it ends too early. */
  end(): void {
    if (this.#digests[this.#index]?.bytes === 0) this.#next();
    if (this.#index < this.#digests.length) throw this.#damaged();
  }

  #next(): void {
    if (this.#running.digest() !== this.#digests[this.#index]?.digest) throw this.#damaged();
    this.#index += 1;
    this.#left = this.#digests[this.#index]?.bytes ?? 0;
    this.#running = running(this.#digests[this.#index]?.digest);
  }

  #damaged(): Error {
    return new DamagedFileError(this.#what);
  }
}

/** Throws `DamagedFileError` unless these are all the bytes that were written. */
export function expectWritten(what: string, bytes: Uint8Array, digests: readonly Digest[]): void {
  const pieces = new Pieces(what, digests);
  pieces.add(bytes);
  pieces.end();
}

/**
 * The same bytes, of which the last are held back until all of them turn out to be those that were written. Otherwise
 * the stream is broken off, so that the receiver sees that it has no whole file.
 */
export function checked(what: string, body: Readable, digests: readonly Digest[]): Readable {
  const pieces = new Pieces(what, digests);
  let held: Buffer | undefined;
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      attempt(done, () => {
        pieces.add(chunk);
        const before = held;
        held = chunk;
        return before;
      });
    },
    flush(done) {
      attempt(done, () => {
        pieces.end();
        return held;
      });
    },
  });
  return pipeline(body, check, () => {
    // Whoever reads the stream gets its error.
  });
}

function attempt(done: (error: Error | null, chunk?: Buffer) => void, work: () => Buffer | undefined): void {
  let chunk: Buffer | undefined;
  let failure: Error | null = null;
  try {
    chunk = work();
  } catch (error) {
    failure = error as Error;
  }
  done(failure, chunk);
}
