import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { factsOf } from '../models/seal.ts';

/** Passes on the bytes of a file. Their end throws `StoredDataError` if they are not those that the model's record has. */
export async function* asStored(
  body: AsyncIterable<Uint8Array>,
  file: StoredFile,
  otherwise: string,
): AsyncGenerator<Uint8Array> {
  const digesting = new Digesting(body);
  yield* digesting;
  const { sha256, bytes } = file.digests.ciphertext;
  const got = digesting.digest();
  if (got.sha256 !== sha256 || got.bytes !== bytes) throw new StoredDataError(otherwise, factsOf(file));
}
