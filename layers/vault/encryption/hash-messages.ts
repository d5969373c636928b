/** What the thread that hashes is asked and answers. A piece of memory goes there and comes back. */

/** A frame that is decrypted before it is hashed, by AES-256-GCM. */
export interface EncryptedFrame {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

/** To the thread: a piece to hash, the limits of a frame, the end of a hash, or that it is not needed any more. */
export type HashQuestion = { readonly hash: number } & (
  | { readonly piece: ArrayBuffer; readonly bytes: number }
  | { readonly frame: EncryptedFrame }
  | { readonly tag: Uint8Array }
  | { readonly end: 'digest' | 'abandon' }
);

/** Without a digest: a frame was not authentic. */
export type HashAnswer =
  | { readonly piece: ArrayBuffer }
  | { readonly hash: number; readonly digest: string | undefined };
