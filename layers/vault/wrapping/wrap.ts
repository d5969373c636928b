/** A model's data key, encrypted under a key from a password or under the platform's key, as a record stores it. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json.ts';
import { InvalidCiphertextError } from '#domain/ports/errors.ts';
import type { EncryptionContext, Keys } from '#domain/ports/keys/port.ts';
import { accountOf } from '../context.ts';
import { KEY_BYTES } from '../encryption/cipher.ts';
import { IntegrityError, PasswordRequiredError, WrongPasswordError } from '../errors.ts';
import { box, decrypt, encrypt } from './box.ts';
import { type PasswordDerivation, passwordDerivation } from './derivation.ts';
import { derive } from './derive.ts';

const SALT_BYTES = 32;

/** A key of the Keys port, as that port wrapped it. */
const platformKey = z.strictObject({ algorithm: z.literal('platform'), wrapped: z.base64() });

export const wrappedKey = z.strictObject({
  version: z.literal(1),
  derivation: z.union([passwordDerivation, platformKey]),
  salt: z.base64(),
  ...box.shape,
});

/** JSON with nothing secret in it that can be read without the password or the platform's key. */
export type WrappedKey = z.infer<typeof wrappedKey>;

export const newDataKey = (): Uint8Array => new Uint8Array(randomBytes(KEY_BYTES));

export async function wrapWithPassword(
  dataKey: Uint8Array,
  password: string,
  derivation: PasswordDerivation,
  context: EncryptionContext,
): Promise<WrappedKey> {
  const salt = randomBytes(SALT_BYTES);
  return wrap(dataKey, await derive(password, salt, derivation, accountOf(context)), salt, derivation, context);
}

export async function wrapWithPlatform(
  dataKey: Uint8Array,
  keys: Keys,
  context: EncryptionContext,
): Promise<WrappedKey> {
  const { plaintext, wrapped } = await keys.generateDataKey(context);
  const derivation = { algorithm: 'platform', wrapped: Buffer.from(wrapped).toString('base64') } as const;
  return wrap(dataKey, plaintext, randomBytes(SALT_BYTES), derivation, context);
}

/** What may open a wrapped key. A password is not looked at where the platform's key wrapped it. */
export interface Unlock {
  readonly password?: string | undefined;
  readonly keys: Keys;
}

/**
 * The data key. A wrong password takes as long as a right one.
 * @throws PasswordRequiredError, WrongPasswordError, IntegrityError, and what `derive` throws
 */
export async function unwrap(stored: WrappedKey, unlock: Unlock, context: EncryptionContext): Promise<Uint8Array> {
  const { derivation } = stored;
  const salt = Buffer.from(stored.salt, 'base64');
  const root = await rootOf(derivation, salt, unlock, context);
  const opened = decrypt(stored, root, salt, associated(derivation, context));
  if ('secret' in opened) return opened.secret;
  if (opened.refused === 'key' && derivation.algorithm !== 'platform') throw new WrongPasswordError();
  throw changed();
}

function wrap(
  dataKey: Uint8Array,
  root: Uint8Array,
  salt: Uint8Array,
  derivation: WrappedKey['derivation'],
  context: EncryptionContext,
): WrappedKey {
  const wrapped = encrypt(dataKey, root, salt, associated(derivation, context));
  return { version: 1, derivation, salt: Buffer.from(salt).toString('base64'), ...wrapped };
}

async function rootOf(
  derivation: WrappedKey['derivation'],
  salt: Uint8Array,
  { password, keys }: Unlock,
  context: EncryptionContext,
): Promise<Uint8Array> {
  if (derivation.algorithm !== 'platform') {
    if (password === undefined) throw new PasswordRequiredError();
    return derive(password, salt, derivation, accountOf(context));
  }
  try {
    return await keys.unwrapDataKey(Buffer.from(derivation.wrapped, 'base64'), context);
  } catch (error) {
    if (error instanceof InvalidCiphertextError) throw changed();
    throw error;
  }
}

const associated = (derivation: WrappedKey['derivation'], context: EncryptionContext): Uint8Array =>
  Buffer.from(canonicalJson({ context, derivation }), 'utf8');

const changed = (): IntegrityError =>
  new IntegrityError('changed', 'The stored key was changed, or belongs to another model or revision');
