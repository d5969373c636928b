import type { ByteSource } from './cipher.ts';

export interface Chunk {
  /** As they came, without copying them. */
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  readonly last: boolean;
}

/**
 * The bytes of a source in chunks of `size`, the first of `first`. Only the last may be shorter; it is empty only if the
 * source is. Holds at most a chunk and what the source gave at once.
 */
export async function* chunks(source: ByteSource, size: number, first = size): AsyncGenerator<Chunk> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let wanted = first;
  for await (let piece of source) {
    while (length + piece.length > wanted) {
      const head = piece.subarray(0, wanted - length);
      if (head.length > 0) pieces.push(head);
      yield { pieces, length: wanted, last: false };
      piece = piece.subarray(head.length);
      pieces = [];
      length = 0;
      wanted = size;
    }
    if (piece.length > 0) pieces.push(piece);
    length += piece.length;
  }
  yield { pieces, length, last: true };
}

/** As one. A single piece is not copied. */
export function joined({ pieces }: Pick<Chunk, 'pieces'>): Uint8Array {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}
