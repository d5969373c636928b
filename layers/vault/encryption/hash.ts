import { createDecipheriv, createHash } from 'node:crypto';
import { IntegrityError } from '../errors.ts';
import type { EncryptedFrame } from './hash-messages.ts';
import { makeHasher } from './hasher.ts';

/** A SHA-256 of bytes as they come. Once `update` has resolved, the bytes may be changed. */
export interface Hash {
  update(bytes: Uint8Array): Promise<void> | void;
  /** The bytes that follow are a frame, which is decrypted before it is hashed; nothing of it is kept. */
  begin(frame: EncryptedFrame): void;
  /** The end of the frame, with its tag of 16 bytes. */
  end(tag: Uint8Array): void;
  /** Lower-case hexadecimal. Throws `IntegrityError` if a frame was not authentic. */
  digest(): Promise<string> | string;
  /** No digest is needed any more. */
  abandon(): void;
}

/** In the thread that asks. */
export function hashHere(): Hash {
  const hasher = makeHasher({ createHash, createDecipheriv });
  return { ...hasher, digest: () => authentic(hasher.digest()), abandon() {} };
}

export function authentic(digest: string | undefined): string {
  if (digest !== undefined) return digest;
  throw new IntegrityError('changed', 'The stored file was changed, cut off, or encrypted with another key');
}
