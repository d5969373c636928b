import type { ByteSource } from './cipher.ts';

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/**
 * The bytes of a source in chunks of `size`, the first of `first`. Only the last may be shorter; it is empty only if the
 * source is. Holds at most a chunk and what the source gave at once.
 */
export async function* chunks(source: ByteSource, size: number, first = size): AsyncGenerator<Chunk> {
  let pending: Uint8Array[] = [];
  let length = 0;
  let wanted = first;
  for await (let piece of source) {
    while (length + piece.length > wanted) {
      const head = piece.subarray(0, wanted - length);
      if (head.length > 0) pending.push(head);
      yield { bytes: joined(pending), last: false };
      piece = piece.subarray(head.length);
      pending = [];
      length = 0;
      wanted = size;
    }
    if (piece.length > 0) pending.push(piece);
    length += piece.length;
  }
  yield { bytes: joined(pending), last: true };
}

/** One piece is not copied. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}
