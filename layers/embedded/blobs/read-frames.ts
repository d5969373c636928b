/** Files of encrypted frames, each of which is authenticated before any of it is used. */
import type { DecipherGCM } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { DamagedFileError } from '#domain/errors.ts';
import { inPieces, release } from '#domain/release.ts';
import type { FilePart } from './read-pieces.ts';

export interface FrameFormat {
  /** Of the plaintext of each frame but the last. */
  readonly bytes: number;
  /** Where a frame is in its file. */
  place(frame: number): { readonly at: number; readonly bytes: number };
  /** What decrypts a frame and knows its tag, and what it decrypts. */
  begin(frame: number, stored: Buffer): { readonly decipher: DecipherGCM; readonly ciphertext: Buffer };
}

/** A part of an open file of frames: `start` and `end` count the bytes of its plaintext. */
export interface FramedPart extends FilePart {
  readonly format: FrameFormat;
}

/**
 * The bytes of parts of files, one after the other. Reads on while a frame is used, into memory that is used again; what is
 * decrypted is in memory of its own. Closes the files. Throws `DamagedFileError` before the first frame that is not the one
 * that was written.
 */
export async function* readFrames(parts: readonly FramedPart[]): AsyncGenerator<Buffer> {
  const length = Math.max(0, ...parts.map(({ format, end }) => longest(format, end)));
  const memories = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
  const places = placesOf(parts);
  const read = () => {
    const { done, value: place } = places.next();
    if (done) return undefined;
    const { at, bytes } = place.format.place(place.frame);
    const memory = memories.shift()!;
    memories.push(memory);
    const reading = readFully(place.file, memory.subarray(0, bytes), at);
    // Whoever asks for the next frame gets the error.
    reading.catch(() => {});
    return { ...place, reading };
  };
  let next = read();
  try {
    while (next !== undefined) {
      const { reading, format, frame, start, end, file, isLast } = next;
      const stored = await reading;
      next = read();
      let at = frame * format.bytes;
      for (const piece of opened(format, frame, stored)) {
        const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end + 1 - at)];
        at += piece.length;
        if (from < to) yield piece.subarray(from, to);
      }
      if (isLast) await file.close();
    }
  } finally {
    await next?.reading.catch(() => undefined);
    for (const one of memories) release(one);
    await Promise.all(parts.map(({ file }) => file.close()));
  }
}

interface Place extends FramedPart {
  readonly frame: number;
  /** Of its file. */
  readonly isLast: boolean;
}

function* placesOf(parts: readonly FramedPart[]): Generator<Place, undefined> {
  for (const part of parts) {
    const [first, last] = [part.start, part.end].map((at) => Math.floor(at / part.format.bytes)) as [number, number];
    for (let frame = first; frame <= last; frame += 1) yield { ...part, frame, isLast: frame === last };
  }
}

/** Of the frames up to the one with that byte, the stored length of the longest. */
const longest = (format: FrameFormat, end: number): number =>
  Math.max(format.place(0).bytes, format.place(Math.floor(end / format.bytes)).bytes);

/** All of it is authenticated before anything is returned. */
function opened(format: FrameFormat, frame: number, stored: Buffer): readonly Buffer[] {
  try {
    const { decipher, ciphertext } = format.begin(frame, stored);
    const pieces = Array.from(inPieces(ciphertext), (piece) => decipher.update(piece));
    decipher.final();
    return pieces;
  } catch {
    throw new DamagedFileError(WHAT);
  }
}

async function readFully(file: FileHandle, memory: Buffer, position: number): Promise<Buffer> {
  for (let filled = 0; filled < memory.length; ) {
    const { bytesRead } = await file.read(memory, filled, memory.length - filled, position + filled);
    if (bytesRead === 0) throw new DamagedFileError(WHAT);
    filled += bytesRead;
  }
  return memory;
}

const WHAT = 'A staged file';
