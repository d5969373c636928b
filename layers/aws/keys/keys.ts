import { createHash, createPublicKey } from 'node:crypto';
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import { canonicalJson } from '#domain/canonical-json.ts';
import { InternalError } from '#domain/errors.ts';
import { InvalidCiphertextError } from '#domain/ports/errors.ts';
import type { JWK } from '#domain/ports/keys/jwk.ts';
import type { EncryptionContext, Keys } from '#domain/ports/keys/port.ts';
import { type Translations, translating } from '../vendor.ts';
import { rawSignature } from './signatures.ts';

export interface KeysContext {
  readonly client: KMSClient;
  /** Asymmetric keys (`ECC_NIST_P256`): the first signs; signatures of the others are still accepted. */
  readonly tokenKeys: readonly string[];
  /** The symmetric key that wraps data keys. */
  readonly dataKey: string;
}

/** KMS accepts a ciphertext of 1 to 6144 bytes. */
const MAX_CIPHERTEXT_BYTES = 6144;

const invalid = (): Error => new InvalidCiphertextError('the wrapped key or its context was changed');

/** The bytes, the context or the key are not those of the wrapping. */
const TRANSLATIONS: Translations = { InvalidCiphertextException: invalid, IncorrectKeyException: invalid };

/** The Keys port on KMS: private keys never leave it; public keys are fetched once and cached. */
export class KmsKeys implements Keys {
  readonly #context: KeysContext;
  readonly #public = new Map<string, Promise<JWK>>();

  constructor(context: KeysContext) {
    this.#context = context;
  }

  async sign(message: Uint8Array): Promise<{ kid: string; signature: Uint8Array }> {
    const keyId = this.#signer();
    // The hash, not the message: KMS accepts no message over 4096 bytes.
    const command = new SignCommand({
      KeyId: keyId,
      Message: createHash('sha256').update(message).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    });
    const [{ Signature: der = new Uint8Array() }, { kid }] = await Promise.all([
      translating('KMS', () => this.#context.client.send(command)),
      this.#publicKey(keyId),
    ]);
    return { kid, signature: rawSignature(der) };
  }

  async publicKeys(): Promise<readonly JWK[]> {
    return Promise.all(this.#context.tokenKeys.map((keyId) => this.#publicKey(keyId)));
  }

  async generateDataKey(context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }> {
    const { client, dataKey } = this.#context;
    const command = new GenerateDataKeyCommand({
      KeyId: dataKey,
      KeySpec: 'AES_256',
      EncryptionContext: { ...context },
    });
    const { Plaintext: plaintext, CiphertextBlob: wrapped } = await translating('KMS', () => client.send(command));
    if (!plaintext || !wrapped) throw new InternalError('KMS gave no data key');
    return { plaintext, wrapped };
  }

  async unwrapDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    if (wrapped.length < 1 || wrapped.length > MAX_CIPHERTEXT_BYTES) throw invalid();
    const { client, dataKey } = this.#context;
    const command = new DecryptCommand({ KeyId: dataKey, CiphertextBlob: wrapped, EncryptionContext: { ...context } });
    const { Plaintext: plaintext } = await translating('KMS', () => client.send(command), TRANSLATIONS);
    if (!plaintext) throw new InternalError('KMS gave no plaintext');
    return plaintext;
  }

  #signer(): string {
    const [first] = this.#context.tokenKeys;
    if (first === undefined) throw new InternalError('tokenKeys must name at least 1 key; got 0');
    return first;
  }

  /** A failed request is not cached. */
  #publicKey(keyId: string): Promise<JWK> {
    const known = this.#public.get(keyId);
    if (known) return known;
    const fetching = this.#fetchPublicKey(keyId);
    this.#public.set(keyId, fetching);
    fetching.catch(() => this.#public.delete(keyId));
    return fetching;
  }

  async #fetchPublicKey(keyId: string): Promise<JWK> {
    const command = new GetPublicKeyCommand({ KeyId: keyId });
    const { PublicKey: der } = await translating('KMS', () => this.#context.client.send(command));
    if (!der) throw new InternalError('KMS gave no public key');
    return publicJwk(der);
  }
}

/** From a DER-encoded SubjectPublicKeyInfo. `kid` is the key's thumbprint (RFC 7638). */
function publicJwk(der: Uint8Array): JWK {
  const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  const { crv, x = '', y = '' } = key.export({ format: 'jwk' });
  if (crv !== 'P-256') throw new InternalError(`a key for tokens must be on P-256; got ${crv}`);
  const kid = createHash('sha256')
    .update(canonicalJson({ crv, kty: 'EC', x, y }))
    .digest('base64url');
  return { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' };
}
