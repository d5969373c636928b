/** A stored file in plain, in a stream: its end throws if it is not what was saved. */
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import { factsOf, openFile } from './seal.ts';

/** Throws `StoredDataError`, `BlobNotFoundError`. */
export async function plainFile(
  artifacts: Blobs,
  file: StoredFile,
  key: Uint8Array | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  return plainOf(file, (await artifacts.get(file.blob)).body, key);
}

/** Of what is stored; nobody else uses its chunks. */
export function plainOf(
  file: StoredFile,
  stored: AsyncIterable<Uint8Array>,
  key: Uint8Array | undefined,
): AsyncIterable<Uint8Array> {
  const packed = key === undefined ? stored : openFile(file, stored, key, { isSourceReleased: true });
  // Then these are the bytes whose hash has just been compared.
  if (key !== undefined && !file.compressed && file.digests.plaintext.sha256 === file.sha256) return packed;
  return checked(file.compressed ? decompressed(packed) : packed, file);
}

/** An error of the source is an error of the result. */
function decompressed(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const plain = createZstdDecompress();
  pipeline(Readable.from(packed), plain, () => undefined);
  return plain;
}

async function* checked(plain: AsyncIterable<Uint8Array>, file: StoredFile): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of plain) {
    length += chunk.length;
    // Few bytes may unpack to as many as there are.
    if (length > file.size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (length > file.size || hash.digest('hex') !== file.sha256) {
    throw new StoredDataError('The stored file is not the one that was stored: its SHA-256 differs', factsOf(file));
  }
}
