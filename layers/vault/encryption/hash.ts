import { createHash } from 'node:crypto';

/** A SHA-256 of bytes as they come. Once `update` has resolved, the bytes may be changed. */
export interface Hash {
  update(bytes: Uint8Array): Promise<void> | void;
  /** Lower-case hexadecimal. */
  digest(): Promise<string> | string;
  /** No digest is needed any more. */
  abandon(): void;
}

/** In the thread that asks. */
export function hashHere(): Hash {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex'), abandon() {} };
}
