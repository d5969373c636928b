import type { EncryptionContext } from '#domain/ports/keys/port.ts';
import { type Algorithm, ciphers } from './algorithms.ts';
import type { ByteSource } from './cipher.ts';
import { type Digest, Digesting } from './digest.ts';
import { hashBeside } from './hash-thread.ts';

/** What decides how a file is encrypted, and what it takes to open it. */
export interface Sealing {
  readonly algorithm: Algorithm;
  /** The model's data key: 32 bytes. */
  readonly key: Uint8Array;
  readonly context: EncryptionContext;
}

/** Digests of a file before and after encryption, to be stored beside it. */
export interface Digests {
  readonly plaintext: Digest;
  readonly ciphertext: Digest;
}

export interface Sealed {
  readonly ciphertext: AsyncIterable<Uint8Array>;
  /** Throws until the ciphertext has been read to its end. */
  digests(): Digests;
}

/**
 * Encrypts a stream, in constant memory. An error of the source ends the ciphertext with the same error.
 * @param size about how many bytes the plaintext has, where it may be large; its memory is then given back
 */
export function seal(plaintext: ByteSource, { algorithm, key, context }: Sealing, size?: number): Sealed {
  const start = () => hashBeside(size ?? 0);
  const before = new Digesting(plaintext, start);
  const options = { isSourceReleased: size !== undefined };
  const after = new Digesting(ciphers[algorithm].encrypt(before, key, context, options), start);
  return { ciphertext: after, digests: () => ({ plaintext: before.digest(), ciphertext: after.digest() }) };
}
