/** Compresses a file before it is encrypted, in a stream: nothing compresses after. */
import { pipeline, Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import { type Digest, Digesting } from '#vault/encryption/digest.ts';
import { pack } from './seal.ts';

/** Of the beginning, which decides. */
const SAMPLE_BYTES = 1_048_576;

export interface PackedStream {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly compressed: boolean;
  /** Of the file as it came, where that is not what `bytes` has. Throws until all of it has been read. */
  readonly original?: () => Digest;
}

/**
 * Compressed only where the first MiB gets smaller: random numbers, such as most weights are, do not, and trying all of
 * them would cost time for nothing. An error of the source is an error of the result.
 */
export async function packStream(source: AsyncIterable<Uint8Array>): Promise<PackedStream> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await beginning(pieces);
  const whole = resumed(first, pieces);
  const sample = Buffer.concat(first).subarray(0, SAMPLE_BYTES);
  if (!(await pack(sample)).compressed) return { bytes: whole, compressed: false };
  const original = new Digesting(whole);
  return { bytes: zstd(original), compressed: true, original: () => original.digest() };
}

async function beginning(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes < SAMPLE_BYTES; ) {
    const { done, value } = await pieces.next();
    if (done) break;
    first.push(value);
    bytes += value.length;
  }
  return first;
}

/** As they came, without copying them, and without waiting longer for each than its source does. */
function resumed(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  const again = first.values();
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      const { done, value } = again.next();
      return done ? rest.next() : Promise.resolve({ done: false, value });
    },
    return: async () => {
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function zstd(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const packed = createZstdCompress();
  pipeline(Readable.from(source), packed, () => undefined);
  return packed;
}
