import { constants, createHash, type KeyObject } from 'node:crypto';

export const SIGNATURE_ALGORITHMS = ['Ed25519', 'P-256', 'P-384', 'P-521', 'RSA-PSS'] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Below, an RSA key is too weak; above, one signature takes seconds. */
export const RSA_BITS = { min: 2048, max: 8192 };

const CURVES: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** The algorithm of a key, or `undefined` for a key of another kind. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm | undefined {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'Ed25519';
    case 'ec':
      return CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
    case 'rsa':
    case 'rsa-pss': {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      return bits >= RSA_BITS.min && bits <= RSA_BITS.max ? 'RSA-PSS' : undefined;
    }
    default:
      return undefined;
  }
}

/** The hash of each: that of the same strength, as Sigstore's registry of algorithms pairs them. */
const DIGESTS: Readonly<Record<SignatureAlgorithm, string | null>> = {
  Ed25519: null,
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  'RSA-PSS': 'sha256',
};

/** The digest and the key with its padding, as `sign` and `verify` of Node.js take them. ECDSA signatures are DER. */
export function signatureInput(key: KeyObject, algorithm: SignatureAlgorithm) {
  if (algorithm !== 'RSA-PSS') return { digest: DIGESTS[algorithm], key: { key } };
  // A key of type RSA-PSS may be restricted to one hash.
  const digest = key.asymmetricKeyDetails?.hashAlgorithm ?? DIGESTS[algorithm];
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return { digest, key: { key, ...padding } };
}

export const publicKeyPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** SHA-256 of the public key's PEM in hexadecimal: how a bundle of model-signing names its key. */
export const fingerprint = (pem: string): string => createHash('sha256').update(pem).digest('hex');
