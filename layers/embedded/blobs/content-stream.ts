/** The bytes of open files of contents, whichever way each is stored. */
import type { Cipheriv } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { PIECE_BYTES } from '#domain/release.ts';
import { framesOf, isFramed } from './framed-content.ts';
import { formatOf, type MessagePart } from './message-frames.ts';
import { type FrameFormat, readFrames } from './read-frames.ts';
import { type FilePart, readPieces } from './read-pieces.ts';
import { contentCipher, isSealed } from './sealed-content.ts';

/** Bytes in a file of their own, whose name is never reused. */
export interface Content {
  readonly name: string;
  readonly size: number;
  /** Of its bytes, where it is known. */
  readonly digest?: string;
  /** Of its blocks, where it is large: see `block-sums.ts`. */
  readonly sums?: string;
}

/** A part of an open file. */
export interface Piece extends FilePart {
  readonly content: Content;
  /** Of a view. */
  readonly frames?: MessagePart;
}

const isPlain = ({ name }: Content): boolean => !isFramed(name) && !isSealed(name);

/** Closes the files at its end. */
export function streamOf(pieces: readonly Piece[], secret: Uint8Array): Readable {
  // A single small file, the usual case, needs no generator.
  const [only] = pieces;
  if (only !== undefined && isPlain(only.content) && only.end - only.start < PIECE_BYTES && pieces.length === 1)
    return createReadStream('', { fd: only.file, start: only.start, end: only.end });
  const source = readAll(pieces, secret);
  const joined = Readable.from(source, { objectMode: false });
  joined.once('close', () => void closeAll(pieces));
  // Whoever iterates gets the chunks as they are made: through a stream each would take as long as to decrypt it.
  joined[Symbol.asyncIterator] = () => chunksUntilDestroyed(joined, source);
  return joined;
}

/**
 * What the source of a stream has, with the errors of the stream: one that is destroyed ends its source, which must not look
 * like the end of the file.
 */
async function* chunksUntilDestroyed(
  of: Readable,
  source: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer, undefined, undefined> {
  const destroyed = () => of.errored ?? new Error('The stream was closed before its end');
  // Whoever iterates gets it.
  of.on('error', () => undefined);
  try {
    for await (const chunk of source) {
      if (of.destroyed) throw destroyed();
      yield chunk;
    }
    if (of.destroyed) throw destroyed();
  } finally {
    of.destroy();
  }
}

/** Files that were read to the end are closed already; closing them again does nothing. */
async function closeAll(pieces: readonly Piece[]): Promise<void> {
  for (const { file } of pieces) await file.close().catch(() => undefined);
}

async function* readAll(pieces: readonly Piece[], secret: Uint8Array): AsyncGenerator<Buffer> {
  try {
    // Those that are stored in the same way are read as one, so that nothing waits where a file ends.
    for (let first = 0; first < pieces.length; ) {
      const kind = kindOf(pieces[first]!);
      let end = first + 1;
      while (end < pieces.length && kindOf(pieces[end]!) === kind) end += 1;
      for await (const chunk of READ[kind](pieces.slice(first, end), secret)) yield chunk;
      first = end;
    }
  } finally {
    await closeAll(pieces);
  }
}

type Kind = 'framed' | 'sealed' | 'plain';

const kindOf = ({ content, frames }: Piece): Kind => {
  if (frames !== undefined || isFramed(content.name)) return 'framed';
  return isSealed(content.name) ? 'sealed' : 'plain';
};

const READ: Readonly<Record<Kind, (pieces: readonly Piece[], secret: Uint8Array) => AsyncIterable<Buffer>>> = {
  framed: (pieces, secret) => readFrames(pieces.map((piece) => ({ ...piece, format: frameFormatOf(piece, secret) }))),
  sealed: decrypted,
  plain: readPieces,
};

const frameFormatOf = ({ content: { name, size }, frames }: Piece, secret: Uint8Array): FrameFormat =>
  frames === undefined ? framesOf(secret, name, size) : formatOf(frames, size);

async function* decrypted(pieces: readonly Piece[], secret: Uint8Array): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    const cipher: Cipheriv = contentCipher(secret, piece.content.name, piece.start);
    for await (const bytes of readPieces([piece])) yield cipher.update(bytes);
  }
}
