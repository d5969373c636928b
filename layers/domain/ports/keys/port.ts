/** Keys that never leave where they are kept: what they sign and wrap does. */
import type { JWK } from './jwk.ts';

/** Authenticated with what it encrypts: a data key opens only with the same context. */
export type EncryptionContext = { readonly [name: string]: string };

export interface Keys {
  /** ES256 (ECDSA on P-256 with SHA-256): the 64 bytes r‖s. `kid` names the key that signed. */
  sign(message: Uint8Array): Promise<{ kid: string; signature: Uint8Array }>;
  /** The public keys whose signatures still count, each with `kid` and `alg`. */
  publicKeys(): Promise<readonly JWK[]>;
  /** A fresh 256-bit key, in the clear and wrapped. */
  generateDataKey(context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }>;
  /** Throws `InvalidCiphertextError` where the bytes or the context are not the ones wrapped. */
  unwrapDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
}
