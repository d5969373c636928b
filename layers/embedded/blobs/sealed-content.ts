/**
 * How earlier versions encrypted contents that would lie in their file in plain otherwise; see `framed-content.ts` for
 * how it is done now. Their bytes are not authenticated; whoever uses them compares a digest.
 */
import { type Cipheriv, createCipheriv, hkdfSync } from 'node:crypto';

const ENDING = '.sealed';
const BLOCK = 16;
const KEY_BYTES = 32;

/** The name says that a content is encrypted. */
export const isSealed = (name: string): boolean => name.endsWith(ENDING);
export const unsealedName = (name: string): string => (isSealed(name) ? name.slice(0, -ENDING.length) : name);

/**
 * Decrypts the bytes of a content from `start` on, with AES-256-CTR. A name is never used again, and neither is its key;
 * so the counter begins with 0.
 */
export function contentCipher(secret: Uint8Array, name: string, start = 0): Cipheriv {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', `trainyard content ${name}`, KEY_BYTES));
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(start / BLOCK)), BLOCK - 8);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  cipher.update(Buffer.alloc(start % BLOCK));
  return cipher;
}
