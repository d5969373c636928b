/** What the thread that hashes is asked and answers. A piece of memory goes there and comes back. */

/** What it takes to encrypt or decrypt a frame by AES-256-GCM. */
export interface FrameCipher {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

export interface SealedFrame {
  /** Each in memory of its own. */
  readonly ciphertext: readonly Uint8Array[];
  readonly tag: Uint8Array;
}

/**
 * To the thread: a piece to hash; the limits of a frame that is decrypted before it is hashed, or encrypted; the end of a
 * hash, or that it is not needed any more.
 */
export type HashQuestion = { readonly hash: number } & (
  | { readonly piece: ArrayBuffer; readonly bytes: number }
  | { readonly encrypted: FrameCipher }
  | { readonly tag: Uint8Array }
  | { readonly plain: FrameCipher }
  | { readonly end: 'frame' | 'digest' | 'abandon' }
);

/** Without a digest: a frame was not authentic. */
export type HashAnswer =
  | { readonly piece: ArrayBuffer }
  | ({ readonly hash: number } & ({ readonly digest: string | undefined } | { readonly sealed: SealedFrame }));
