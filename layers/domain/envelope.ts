/**
 * Envelope encryption: the bytes are encrypted under a data key of their own, and stored beside that data key, which is
 * wrapped by a key that never leaves the key store. Ciphers get key objects: given bytes, Node.js takes five times as long.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { InvalidCiphertextError } from './ports/errors.ts';
import type { EncryptionContext, Keys } from './ports/keys/port.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Both in Base64; `ciphertext` is the nonce, the encrypted bytes and the tag. */
export const sealed = z.object({ data_key: z.string(), ciphertext: z.string() });
export type Sealed = z.infer<typeof sealed>;

export async function seal(
  keys: Pick<Keys, 'generateDataKey'>,
  context: EncryptionContext,
  bytes: Uint8Array,
): Promise<Sealed> {
  const { plaintext: key, wrapped } = await keys.generateDataKey(context);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, createSecretKey(key), nonce);
  const ciphertext = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return { data_key: Buffer.from(wrapped).toString('base64'), ciphertext: ciphertext.toString('base64') };
}

/** Throws `InvalidCiphertextError` if anything was changed, or if the context is another one. */
export async function unseal(
  keys: Pick<Keys, 'unwrapDataKey'>,
  context: EncryptionContext,
  { data_key, ciphertext }: Sealed,
): Promise<Uint8Array> {
  const bytes = Buffer.from(ciphertext, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new InvalidCiphertextError('the ciphertext is too short');
  const key = await keys.unwrapDataKey(Buffer.from(data_key, 'base64'), context);
  const decipher = createDecipheriv(CIPHER, createSecretKey(key), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new InvalidCiphertextError('the ciphertext was changed');
  }
}
