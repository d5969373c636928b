/**
 * AES-256-GCM with key commitment for what is small. AES-GCM alone lets somebody make a ciphertext that opens under two
 * keys, so that one answer tests many passwords at once; the commitment rules that out.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const LABEL = 'trainyard model vault, key wrapping, version 1';
const KEY_BYTES = 32;
const COMMITMENT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** All in base64. */
export const box = z.strictObject({ commitment: z.base64(), nonce: z.base64(), ciphertext: z.base64() });

export type Box = z.infer<typeof box>;

/** `root` is 32 bytes that are as good as random; `salt` makes the keys of each box its own. */
export function encrypt(secret: Uint8Array, root: Uint8Array, salt: Uint8Array, associated: Uint8Array): Box {
  const { key, commitment } = keysOf(root, salt);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return { commitment: base64(commitment), nonce: base64(nonce), ciphertext: base64(ciphertext) };
}

export type Opened =
  | { readonly secret: Uint8Array }
  /** `key`: another key made it. `changed`: this key made it, and the ciphertext or the associated data is another. */
  | { readonly refused: 'key' | 'changed' };

/** Does the same work whether or not the key is the one that made the box. */
export function decrypt(of: Box, root: Uint8Array, salt: Uint8Array, associated: Uint8Array): Opened {
  const { key, commitment } = keysOf(root, salt);
  const stored = Buffer.from(of.commitment, 'base64');
  const committed = stored.length === COMMITMENT_BYTES && timingSafeEqual(stored, commitment);
  const secret = decryptBytes(of, key, associated);
  if (!committed) return { refused: 'key' };
  return secret === undefined ? { refused: 'changed' } : { secret };
}

function decryptBytes(of: Box, key: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(of.ciphertext, 'base64');
  const nonce = Buffer.from(of.nonce, 'base64');
  if (bytes.length < TAG_BYTES || nonce.length !== NONCE_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associated)
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]));
  } catch {
    return undefined;
  }
}

function keysOf(root: Uint8Array, salt: Uint8Array) {
  const derived = new Uint8Array(hkdfSync('sha512', root, salt, LABEL, KEY_BYTES + COMMITMENT_BYTES));
  return { key: derived.subarray(0, KEY_BYTES), commitment: derived.subarray(KEY_BYTES) };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
