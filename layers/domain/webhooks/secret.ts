/** The secrets with which deliveries are signed, in the form of Standard Webhooks: `whsec_` and Base64 with padding. */
import { randomBytes } from 'node:crypto';
import { type Sealed, seal, unseal } from '../envelope.ts';
import { ValidationError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { EncryptionContext, Keys } from '../ports/keys/port.ts';

const PREFIX = 'whsec_';
const NEW_SECRET_BYTES = 32;

const QUAD = '[A-Za-z0-9+/]{4}';
/** What is left of one byte, and of two. The last bits before the padding are zero. */
const ONE = '[A-Za-z0-9+/][AQgw]==';
const TWO = '[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=';

/** For documents: matches exactly the secrets of 24 to 64 bytes. */
export const SECRET_PATTERN = `^whsec_(?:(?:${QUAD}){8,20}(?:${ONE}|${TWO})?|(?:${QUAD}){21}(?:${ONE})?)$`;

/** Of a webhook, for the encryption of its secrets. */
interface Owner {
  readonly account_id: string;
  readonly id: string;
}

export const newSecret = (): string => PREFIX + randomBytes(NEW_SECRET_BYTES).toString('base64');

/**
 * The secret's bytes. Receivers' libraries disagree on URL-safe Base64 and on missing padding, so only the standard
 * form is accepted. Throws `ValidationError`, without the secret.
 */
export function secretBytes(text: string, field = 'secret'): Uint8Array {
  const { min, max } = LIMITS.webhooks.secretBytes;
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  if (encoded === '' || bytes.toString('base64') !== encoded) {
    throw ValidationError.of(field, `must be ${PREFIX} and standard Base64 with padding`);
  }
  if (bytes.length < min || bytes.length > max) {
    throw ValidationError.of(field, `must be Base64 of ${min} to ${max} bytes; got ${bytes.length} bytes`);
  }
  return bytes;
}

const contextOf = ({ account_id, id }: Owner): EncryptionContext => ({
  purpose: 'webhook-secret',
  account: account_id,
  webhook: id,
});

export const sealSecret = (keys: Pick<Keys, 'generateDataKey'>, of: Owner, secret: string): Promise<Sealed> =>
  seal(keys, contextOf(of), secretBytes(secret));

/** The secret's bytes. Throws `InvalidCiphertextError` if they cannot be read. */
export const unsealSecret = (keys: Pick<Keys, 'unwrapDataKey'>, of: Owner, secret: Sealed): Promise<Uint8Array> =>
  unseal(keys, contextOf(of), secret);
