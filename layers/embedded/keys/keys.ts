import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json.ts';
import { InternalError } from '#domain/errors.ts';
import { InvalidCiphertextError } from '#domain/ports/errors.ts';
import type { JWK } from '#domain/ports/keys/jwk.ts';
import type { EncryptionContext, Keys } from '#domain/ports/keys/port.ts';
import { keyFile } from './key-files.ts';

/** A wrapped key is this byte, the nonce, the encrypted key and the tag. */
const FORMAT = 1;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/** The Keys port on two key files: one signs, the other wraps data keys. */
export class FileKeys implements Keys {
  readonly #signing: KeyObject;
  readonly #wrapping: KeyObject;
  readonly #public: JWK;

  private constructor(signing: KeyObject, wrapping: Uint8Array) {
    this.#signing = signing;
    this.#wrapping = createSecretKey(wrapping);
    this.#public = publicJwk(signing);
  }

  /**
   * Reads the keys from a folder; creates them on first use.
   * @param expectNew called before a missing key is created; throws where that must not be
   */
  static async open(dir: string, expectNew: (file: string) => void = () => undefined): Promise<FileKeys> {
    const fresh = (file: string, create: () => Uint8Array) => () => {
      expectNew(file);
      return create();
    };
    const pem = await keyFile(dir, SIGNING_FILE, fresh(SIGNING_FILE, newSigningKey));
    const wrapping = await keyFile(
      dir,
      WRAPPING_FILE,
      fresh(WRAPPING_FILE, () => randomBytes(KEY_BYTES)),
    );
    if (wrapping.length !== KEY_BYTES) throw damaged(WRAPPING_FILE);
    return new FileKeys(privateKeyOf(pem), wrapping);
  }

  /** For contents of the store that would lie there in plain otherwise. */
  contentSecret(): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#wrapping, '', 'trainyard contents', KEY_BYTES));
  }

  async sign(message: Uint8Array): Promise<{ kid: string; signature: Uint8Array }> {
    const signature = sign('sha256', message, { key: this.#signing, dsaEncoding: 'ieee-p1363' });
    return { kid: this.#public.kid, signature: new Uint8Array(signature) };
  }

  async publicKeys(): Promise<readonly JWK[]> {
    return [this.#public];
  }

  async generateDataKey(context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }> {
    const plaintext = new Uint8Array(randomBytes(KEY_BYTES));
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce).setAAD(contextBytes(context));
    const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const wrapped = Buffer.concat([Buffer.from([FORMAT]), nonce, encrypted, cipher.getAuthTag()]);
    return { plaintext, wrapped: new Uint8Array(wrapped) };
  }

  async unwrapDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT) {
      throw new InvalidCiphertextError('these bytes are not a wrapped key');
    }
    const nonce = wrapped.subarray(1, 1 + NONCE_BYTES);
    const encrypted = wrapped.subarray(1 + NONCE_BYTES, -TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#wrapping, nonce, { authTagLength: TAG_BYTES })
      .setAAD(contextBytes(context))
      .setAuthTag(wrapped.subarray(-TAG_BYTES));
    try {
      return new Uint8Array(Buffer.concat([decipher.update(encrypted), decipher.final()]));
    } catch {
      throw new InvalidCiphertextError('the wrapped key or its context was changed');
    }
  }
}

const SIGNING_FILE = 'signing.pem';
const WRAPPING_FILE = 'wrapping.key';

function privateKeyOf(pem: Uint8Array): KeyObject {
  try {
    return createPrivateKey(Buffer.from(pem).toString('utf8'));
  } catch {
    throw damaged(SIGNING_FILE);
  }
}

const damaged = (file: string): Error =>
  new InternalError(`keys/${file} is damaged; restore it from a backup of this folder`);

/** Canonical, so that the order of a context's names does not matter. */
const contextBytes = (context: EncryptionContext): Buffer => Buffer.from(canonicalJson(context), 'utf8');

function newSigningKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** `kid` is the key's thumbprint (RFC 7638). */
function publicJwk(signing: KeyObject): JWK {
  const { x = '', y = '' } = createPublicKey(signing).export({ format: 'jwk' });
  const required = canonicalJson({ crv: 'P-256', kty: 'EC', x, y });
  const kid = createHash('sha256').update(required).digest('base64url');
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
}
