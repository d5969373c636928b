/** What the thread that hashes is given, asked and answers. */

/** The pieces of the bytes, which both threads see. */
export interface HashMemory {
  readonly memory: SharedArrayBuffer;
  readonly pieceBytes: number;
}

/** To the thread: a piece to hash, the end of a hash, or that it is not needed any more. */
export type HashQuestion = { readonly hash: number } & (
  | { readonly piece: number; readonly bytes: number }
  | { readonly end: 'digest' | 'abandon' }
);

export type HashAnswer = { readonly piece: number } | { readonly hash: number; readonly digest: string };
