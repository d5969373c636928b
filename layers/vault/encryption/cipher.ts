/** What the two ciphers have in common: streams of frames that are authenticated one by one, under a committed key. */
import type { EncryptionContext } from '#domain/ports/keys/port.ts';

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Plaintext bytes of a frame, of either cipher. The last frame of a message may be shorter. */
export const FRAME_BYTES = 1024 * 1024;

export const KEY_BYTES = 32;

export interface CipherOptions {
  /** Whether the source's bytes are used up: their memory is given back. Default: they stay as they are. */
  readonly isSourceReleased?: boolean;
}

export interface Cipher {
  /** The ciphertext of a plaintext, in memory of its own. `key` has `KEY_BYTES`. */
  encrypt(
    plaintext: ByteSource,
    key: Uint8Array,
    context: EncryptionContext,
    options?: CipherOptions,
  ): AsyncIterable<Uint8Array>;
  /**
   * The plaintext of a ciphertext, in memory of its own, each frame once it is authenticated. Only the end of the iteration says that nothing
   * is missing. Throws `IntegrityError`; an error of the source passes through as it is.
   */
  decrypt(
    ciphertext: ByteSource,
    key: Uint8Array,
    context: EncryptionContext,
    options?: CipherOptions,
  ): AsyncIterable<Uint8Array>;
}
