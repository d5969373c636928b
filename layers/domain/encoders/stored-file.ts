/** The bytes of an encoder's file, which lies in the store whole or in parts. */
import type { Readable } from 'node:stream';
import type { Blobs } from '../ports/blobs/port.ts';
import type { RandomAccess } from '../random-access.ts';

export interface StoredFile {
  readonly file: string;
  readonly size: number;
  /** The sizes of its parts, in their order. Absent for a file in one piece, as earlier releases stored them all. */
  readonly parts?: readonly number[] | undefined;
}

interface Piece {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The key of a part. It has the place in the file, so that whoever writes the same part of the same file writes the same
 * bytes, even if parts are cut differently.
 */
export const partKey = (prefix: string, file: string, start: number, size: number): string =>
  `${prefix}${file}.parts/${start}-${start + size}`;

export function piecesOf(prefix: string, { file, size, parts }: StoredFile): Piece[] {
  if (!parts) return [{ key: `${prefix}${file}`, start: 0, end: size }];
  let end = 0;
  return parts.map((bytes) => {
    const start = end;
    end += bytes;
    return { key: partKey(prefix, file, start, bytes), start, end };
  });
}

export async function* readStored(blobs: Blobs, prefix: string, of: StoredFile): AsyncGenerator<Uint8Array> {
  for (const { key } of piecesOf(prefix, of)) {
    const { body }: { body: Readable } = await blobs.get(key);
    yield* body;
  }
}

export function openStored(blobs: Blobs, prefix: string, of: StoredFile): RandomAccess {
  const pieces = piecesOf(prefix, of);
  return {
    size: of.size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (const piece of pieces) {
        const [from, to] = [Math.max(start, piece.start), Math.min(end, piece.end)];
        if (from >= to) continue;
        const { body } = await blobs.get(piece.key, { start: from - piece.start, end: to - piece.start - 1 });
        // Not gathered first: a tensor may be a large part of what there is of memory.
        let at = from - start;
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          bytes.set(chunk, at);
          at += chunk.length;
        }
      }
      return bytes;
    },
  };
}
