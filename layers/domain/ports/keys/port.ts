/** Signing and encryption with keys that never leave the key store. */
import type { JWK } from './jwk.ts';

/** Additional authenticated data: a data key can be unwrapped only with the same context. */
export type EncryptionContext = { readonly [name: string]: string };

export interface Keys {
  /** ES256 (ECDSA on P-256 with SHA-256): the 64 bytes r‖s. `kid` names the key that signed. */
  sign(message: Uint8Array): Promise<{ kid: string; signature: Uint8Array }>;
  /** The public keys that signatures may still be verified with, each with `kid` and `alg`. */
  publicKeys(): Promise<readonly JWK[]>;
  /** A new 256-bit key, as plaintext and wrapped. */
  generateDataKey(context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }>;
  /** Throws `InvalidCiphertextError` if the bytes or the context are not the ones of the wrapping. */
  unwrapDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
}
