/** What can sign a model: a private key that the caller gave as a PEM, or the platform's own. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { Keys } from '#domain/ports/keys/port.ts';
import { SigningKeyError } from '../errors.ts';
import { algorithmOf, RSA_BITS, type SignatureAlgorithm, signatureInput } from './algorithms.ts';
import { derOf } from './der.ts';

export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** An RSA key of 8192 bits takes about 6.5 KB. */
const PEM_CHARACTERS = 16_384;
const LABEL = /-----BEGIN ([A-Z0-9 ]{1,40})-----/g;

const signAsync = promisify(sign);

/** @throws SigningKeyError */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = readPrivateKey(pem);
  const algorithm = algorithmOf(privateKey);
  if (algorithm === undefined) {
    throw new SigningKeyError(
      'unsupported',
      `must be a key for Ed25519, P-256, P-384, P-521 or RSA with ${RSA_BITS.min} to ${RSA_BITS.max} bits; got ${describe(privateKey)}`,
    );
  }
  requireOwnRestrictions(privateKey);
  const publicKey = createPublicKey(privateKey);
  requirePair(privateKey, publicKey, algorithm);
  const { digest, key } = signatureInput(privateKey, algorithm);
  return { algorithm, publicKey, sign: (message) => signAsync(digest, message, key) };
}

/** Those of an RSA-PSS key, which may be restricted to a hash and to a least length of the salt. */
function requireOwnRestrictions({ asymmetricKeyDetails: { hashAlgorithm, saltLength = 0 } = {} }: KeyObject): void {
  if (hashAlgorithm === undefined) return;
  if (!HASHES.includes(hashAlgorithm)) {
    throw new SigningKeyError('unsupported', `must be for ${HASHES.join(', ')}; got a key for ${hashAlgorithm}`);
  }
  const most = createHash(hashAlgorithm).digest().length;
  if (saltLength <= most) return;
  throw new SigningKeyError(
    'unsupported',
    `must not be restricted to a salt of more than ${most} bytes, as its hash has; got ${saltLength}`,
  );
}

/**
 * A damaged PEM may still be read as a key, whose signatures nobody can verify: the model would be saved and never load.
 */
function requirePair(privateKey: KeyObject, publicKey: KeyObject, algorithm: SignatureAlgorithm): void {
  const signing = signatureInput(privateKey, algorithm);
  const verifying = signatureInput(publicKey, algorithm);
  let verifies: boolean;
  try {
    verifies = verify(verifying.digest, TRIAL, verifying.key, sign(signing.digest, TRIAL, signing.key));
  } catch {
    verifies = false;
  }
  if (!verifies)
    throw new SigningKeyError('damaged', 'must be a private key; the parts of this one do not fit together');
}

const TRIAL = Buffer.from('trial');
const HASHES: readonly string[] = ['sha256', 'sha384', 'sha512'];

/** The platform's key signs with ECDSA on P-256. It never leaves the key store. */
export async function platformSigningKey(keys: Keys): Promise<SigningKey> {
  const [current] = await keys.publicKeys();
  if (current === undefined) throw new TypeError('the key store has no public key');
  return {
    algorithm: 'P-256',
    publicKey: createPublicKey({ key: { ...current }, format: 'jwk' }),
    sign: async (message) => derOf((await keys.sign(message)).signature),
  };
}

function readPrivateKey(pem: string): KeyObject {
  requirePrivateKey(pem);
  try {
    return createPrivateKey(pem);
  } catch {
    throw new SigningKeyError('damaged', 'must be a private key; this PEM cannot be read');
  }
}

/** Says what a PEM is that is no private key: OpenSSL only says that it is none. */
function requirePrivateKey(pem: string): void {
  if (pem.length > PEM_CHARACTERS) {
    throw new SigningKeyError('not a PEM', `must have at most ${PEM_CHARACTERS} characters; got ${pem.length}`);
  }
  const labels = [...pem.matchAll(LABEL)].map(([, label]) => label!);
  if (labels.length === 0) throw new SigningKeyError('not a PEM', 'must be a private key in PEM format');
  if (labels.includes('ENCRYPTED PRIVATE KEY') || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new SigningKeyError('encrypted', 'must be a private key without a passphrase; this one is encrypted');
  }
  if (labels.includes('OPENSSH PRIVATE KEY')) {
    throw new SigningKeyError('unsupported', 'must be in PKCS #8; got the format of OpenSSH');
  }
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) return;
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) {
    throw new SigningKeyError('public key', 'must be a private key; got a public key');
  }
  if (labels.includes('CERTIFICATE')) {
    throw new SigningKeyError('certificate', 'must be a private key; got a certificate');
  }
  throw new SigningKeyError('unsupported', `must be a private key; got ${labels[0]}`);
}

function describe(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  return [key.asymmetricKeyType, namedCurve ?? modulusLength].filter(Boolean).join(' ');
}
