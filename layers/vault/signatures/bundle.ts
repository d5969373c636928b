/**
 * Signatures as bundles of the OpenSSF model-signing specification 1.0: a Sigstore bundle v0.3 that holds a DSSE envelope
 * that holds an in-toto statement. `model_signing verify key` accepts those of P-256, P-384 and P-521. Ed25519 and
 * RSA-PSS have the same form; the specification leaves them open.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { SignatureError } from '../errors.ts';
import { algorithmOf, fingerprint, publicKeyPem, type SignatureAlgorithm, signatureInput } from './algorithms.ts';
import type { SigningKey } from './signing-key.ts';
import { requireFiles, type SignedFile, statementOf } from './statement.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** What verification looks at; before version 1.1 a bundle held the key itself in place of its fingerprint. */
export const signatureBundle = z.looseObject({
  mediaType: z.literal(MEDIA_TYPE),
  verificationMaterial: z.looseObject({ publicKey: z.looseObject({ hint: z.string().optional() }) }),
  dsseEnvelope: z.looseObject({
    payload: z.base64(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.tuple([z.looseObject({ sig: z.base64() })]),
  }),
});

export type SignatureBundle = z.infer<typeof signatureBundle>;

/** A signature with the key that verifies it. */
export interface SignedModel {
  readonly bundle: SignatureBundle;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKeyPem: string;
  /** As the bundle names the key. */
  readonly fingerprint: string;
}

export async function signModel(
  modelName: string,
  files: readonly SignedFile[],
  { algorithm, publicKey, sign }: SigningKey,
): Promise<SignedModel> {
  const payload = Buffer.from(JSON.stringify(statementOf(modelName, files)), 'utf8');
  const signature = await sign(preAuthenticationEncoding(payload));
  const pem = publicKeyPem(publicKey);
  const hint = fingerprint(pem);
  const bundle: SignatureBundle = {
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: Buffer.from(signature).toString('base64'), keyid: '' }],
    },
  };
  return { bundle, algorithm, publicKeyPem: pem, fingerprint: hint };
}

/**
 * Returns if the bundle is a signature of exactly these files by this key.
 * @throws SignatureError
 */
export function verifyModel(bundle: unknown, pem: string, files: readonly SignedFile[]): void {
  const parsed = signatureBundle.safeParse(bundle);
  if (!parsed.success) throw new SignatureError('The signature is not a Sigstore bundle v0.3 with a DSSE envelope');
  const { verificationMaterial, dsseEnvelope } = parsed.data;
  const publicKey = readPublicKey(pem);
  const { hint } = verificationMaterial.publicKey;
  if (hint !== undefined && hint !== fingerprint(publicKeyPem(publicKey))) {
    throw new SignatureError('The signature was made with another key');
  }
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const signature = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64');
  if (!verifies(publicKey, preAuthenticationEncoding(payload), signature)) {
    throw new SignatureError('The signature does not verify');
  }
  requireFiles(payload, files);
}

function verifies(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = algorithmOf(publicKey);
  if (algorithm === undefined) throw new SignatureError('The public key is of a kind that is not supported');
  const { digest, key } = signatureInput(publicKey, algorithm);
  return verify(digest, message, key, signature);
}

function readPublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new SignatureError('The public key of the signature cannot be read');
  }
}

/** What a DSSE signature covers: the type as well as the payload, each with its length. */
function preAuthenticationEncoding(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), payload]);
}
