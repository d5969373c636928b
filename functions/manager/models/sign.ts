/** Signs a model when it is saved, and verifies it when it is loaded. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { SignatureError } from '#vault/errors.ts';
import { signatureBundle, signModel, verifyModel } from '#vault/signatures/bundle.ts';
import { platformSigningKey, readSigningKey } from '#vault/signatures/signing-key.ts';
import { factsOf } from './seal.ts';

export interface SigningRequest {
  readonly sign: boolean;
  /** A private key as PEM, used and forgotten. Default: the platform's own key. */
  readonly signingKey: string | undefined;
}

/**
 * What a request asks for: a key is given to sign with it. Throws `ValidationError` where the request says that nothing is to
 * be signed, and `SigningKeyError`.
 */
export function signingOf(given: {
  readonly digital_signature?: boolean | undefined;
  readonly signing_key?: string | undefined;
}): SigningRequest {
  const { digital_signature: wanted, signing_key: signingKey } = given;
  if (wanted === false && signingKey !== undefined) {
    throw ValidationError.of('digital_signature', 'must not be false where there is a signing_key');
  }
  // Before anything is done: a key that is of no use is refused.
  if (signingKey !== undefined) readSigningKey(signingKey);
  return { sign: wanted ?? signingKey !== undefined, signingKey };
}

type SignedFile = Pick<StoredModel, 'name' | 'sha256'>;

/** Throws `SigningKeyError`. */
export async function signatureOf(
  keys: Keys,
  { sign, signingKey }: SigningRequest,
  of: SignedFile,
): Promise<StoredModel['signature']> {
  if (!sign) return undefined;
  const key = signingKey === undefined ? await platformSigningKey(keys) : readSigningKey(signingKey);
  return z.json().parse(await signModel(of.name, filesOf(of), key));
}

/** A model is one file, of its own name. */
const filesOf = ({ name, sha256 }: SignedFile) => [{ name, sha256 }];

const stored = z.object({
  bundle: signatureBundle,
  algorithm: z.string(),
  publicKeyPem: z.string(),
  fingerprint: z.string(),
});
export type StoredSignature = z.infer<typeof stored>;

/** The signature of a model, verified; `undefined` if it has none. Throws `StoredDataError`. */
export function verifiedSignature(model: StoredModel): StoredSignature | undefined {
  if (model.signature === undefined) return undefined;
  const parsed = stored.safeParse(model.signature);
  if (!parsed.success) throw new StoredDataError('The stored signature was changed', factsOf(model));
  try {
    verifyModel(parsed.data.bundle, parsed.data.publicKeyPem, filesOf(model));
    return parsed.data;
  } catch (error) {
    if (error instanceof SignatureError) throw new StoredDataError(error.message, factsOf(model));
    throw error;
  }
}
