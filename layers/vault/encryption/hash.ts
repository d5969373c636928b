import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { IntegrityError } from '../errors.ts';
import type { FrameCipher, SealedFrame } from './hash-messages.ts';
import { type Hasher, makeHasher } from './hasher.ts';

/** A SHA-256 of bytes as they come. Once `update` has resolved, the bytes may be changed. For frames, see `Hasher`. */
export interface Hash extends Pick<Hasher, 'open' | 'close' | 'begin'> {
  update(bytes: Uint8Array): Promise<void> | void;
  seal(): Promise<SealedFrame> | SealedFrame;
  /** Lower-case hexadecimal. Throws `IntegrityError` if a frame was not authentic. */
  digest(): Promise<string> | string;
  /** No digest is needed any more. */
  abandon(): void;
}

export type { FrameCipher, SealedFrame };

/** In the thread that asks. */
export function hashHere(): Hash {
  const hasher = makeHasher({ createHash, createCipheriv, createDecipheriv });
  return { ...hasher, digest: () => authentic(hasher.digest()), abandon() {} };
}

export function authentic(digest: string | undefined): string {
  if (digest !== undefined) return digest;
  throw new IntegrityError('changed', 'The stored file was changed, cut off, or encrypted with another key');
}
