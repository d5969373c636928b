/** Compresses a file before it is encrypted, in a stream: nothing compresses after. */
import { pipeline, Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import { type Digest, Digesting } from '#vault/encryption/digest.ts';
import { peeked } from '../peeked.ts';
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
  const { first, whole } = await peeked(source, SAMPLE_BYTES);
  if (!(await getSmaller(first))) return { bytes: whole, compressed: false };
  const original = new Digesting(whole);
  return { bytes: zstd(original), compressed: true, original: () => original.digest() };
}

/** Whether a file is compressed, of which nothing is read but what decides. */
export async function isCompressed(source: AsyncIterable<Uint8Array>): Promise<boolean> {
  const { first, whole } = await peeked(source, SAMPLE_BYTES);
  await whole[Symbol.asyncIterator]().return?.();
  return getSmaller(first);
}

async function getSmaller(first: readonly Uint8Array[]): Promise<boolean> {
  const { compressed } = await pack(Buffer.concat(first).subarray(0, SAMPLE_BYTES));
  return compressed;
}

function zstd(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const packed = createZstdCompress();
  pipeline(Readable.from(source), packed, () => undefined);
  return packed;
}
