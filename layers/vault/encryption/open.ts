import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import { IntegrityError } from '../errors.ts';
import { hashMessage } from './aes.ts';
import { ciphers } from './algorithms.ts';
import type { ByteSource, CipherOptions } from './cipher.ts';
import { type Digest, Digesting } from './digest.ts';
import { hashBeside } from './hash-thread.ts';
import type { Digests, Sealing } from './seal.ts';

/**
 * Decrypts a stream, in constant memory: each frame once it is authenticated. Whether the file is whole and is the one
 * that was stored is known only when the iteration ends without an error. Nothing may leave before: see `verified`.
 * @throws IntegrityError; an error of the source passes through as it is
 */
export async function* open(
  ciphertext: ByteSource,
  sealing: Sealing,
  stored: Digests,
  options: CipherOptions = {},
): AsyncGenerator<Uint8Array> {
  const { bytes } = stored.ciphertext;
  // One here and one beside: both beside would take longer than all that is left to do here.
  const before = new Digesting(atMost(bytes, ciphertext));
  const decrypted = ciphers[sealing.algorithm].decrypt(before, sealing.key, sealing.context, options);
  const after = new Digesting(decrypted, () => hashBeside(bytes));
  yield* after;
  requireSame('encrypted', before.digest(), stored.ciphertext);
  requireSame('decrypted', after.digest(), stored.plaintext);
}

/**
 * Verifies a file of AES-256-GCM to its end; what was in it is not kept. This thread hashes the ciphertext; of a large file
 * another one decrypts it meanwhile and hashes the plaintext. Resolves with what opens its frames. Throws as `open` does.
 */
export async function verify(
  ciphertext: ByteSource,
  sealing: Omit<Sealing, 'algorithm'>,
  stored: Digests,
): Promise<MessageFrames> {
  const { bytes } = stored.ciphertext;
  const { digests, frames } = await digestMessage(atMost(bytes, ciphertext), sealing, bytes);
  requireSame('encrypted', digests.ciphertext, stored.ciphertext);
  requireSame('decrypted', digests.plaintext, stored.plaintext);
  return frames;
}

/**
 * The digests of a file of AES-256-GCM, which is authenticated to its end, and what opens its frames. Gives back the memory of
 * the source. Throws `IntegrityError`; an error of the source passes through as it is.
 * @param size about how many bytes there are
 */
export async function digestMessage(
  ciphertext: ByteSource,
  { key, context }: Omit<Sealing, 'algorithm'>,
  size: number,
): Promise<{ readonly digests: Digests; readonly frames: MessageFrames }> {
  const before = new Digesting(ciphertext);
  const hash = hashBeside(size);
  try {
    const { frames, bytes } = await hashMessage(before, key, context, hash);
    const plaintext = { sha256: await hash.digest(), bytes };
    return { digests: { ciphertext: before.digest(), plaintext }, frames };
  } catch (error) {
    hash.abandon();
    throw error;
  }
}

/** As `open`, for a file that is stored as it is. */
export async function* openPlain(plaintext: ByteSource, stored: Digest): AsyncGenerator<Uint8Array> {
  const bytes = new Digesting(atMost(stored.bytes, plaintext));
  yield* bytes;
  requireSame('stored', bytes.digest(), stored);
}

/** A file that is longer than it should be is not read to its end. */
async function* atMost(bytes: number, source: ByteSource): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of source) {
    read += chunk.length;
    if (read > bytes) throw new IntegrityError('trailing bytes', 'The stored file is longer than it was');
    yield chunk;
  }
}

function requireSame(what: string, got: Digest, stored: Digest): void {
  if (got.sha256 === stored.sha256 && got.bytes === stored.bytes) return;
  throw new IntegrityError('digest', `The ${what} file is not the one that was stored: its SHA-256 or size differs`);
}
