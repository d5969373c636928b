import { IntegrityError } from '../errors.ts';
import { ciphers } from './algorithms.ts';
import type { ByteSource } from './cipher.ts';
import { type Digest, Digesting } from './digest.ts';
import type { Digests, Sealing } from './seal.ts';

/**
 * Decrypts a stream, in constant memory: each frame once it is authenticated. Whether the file is whole and is the one
 * that was stored is known only when the iteration ends without an error. Nothing may leave before: see `verified`.
 * @throws IntegrityError; an error of the source passes through as it is
 */
export async function* open(ciphertext: ByteSource, sealing: Sealing, stored: Digests): AsyncGenerator<Uint8Array> {
  const before = new Digesting(ciphertext);
  const after = new Digesting(ciphers[sealing.algorithm].decrypt(before, sealing.key, sealing.context));
  yield* after;
  requireSame('encrypted', before.digest(), stored.ciphertext);
  requireSame('decrypted', after.digest(), stored.plaintext);
}

function requireSame(what: string, got: Digest, stored: Digest): void {
  if (got.sha256 === stored.sha256 && got.bytes === stored.bytes) return;
  throw new IntegrityError('digest', `The ${what} file is not the one that was stored: its SHA-256 or size differs`);
}
