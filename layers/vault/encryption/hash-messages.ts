/** What the thread that hashes is asked and answers. A piece of memory goes there and comes back. */

/** To the thread: a piece to hash, the end of a hash, or that it is not needed any more. */
export type HashQuestion = { readonly hash: number } & (
  | { readonly piece: ArrayBuffer; readonly bytes: number }
  | { readonly end: 'digest' | 'abandon' }
);

export type HashAnswer = { readonly piece: ArrayBuffer } | { readonly hash: number; readonly digest: string };
