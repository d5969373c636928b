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

/**
 * The bytes `start` to `end` of the plaintext. Reads on while a frame is used, into memory that is used again; what is
 * decrypted is in memory of its own. Closes the file. Throws `DamagedFileError` before the first frame that is not the one
 * that was written.
 */
export async function* readFrames({ file, start, end }: FilePart, format: FrameFormat): AsyncGenerator<Buffer> {
  const [first, last] = [Math.floor(start / format.bytes), Math.floor(end / format.bytes)];
  const length = Math.max(format.place(first).bytes, format.place(last).bytes);
  let [memory, other] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(first === last ? 0 : length)];
  const read = (frame: number) => {
    const { at, bytes } = format.place(frame);
    const reading = readFully(file, memory.subarray(0, bytes), at);
    // Whoever asks for the next frame gets the error.
    reading.catch(() => {});
    return reading;
  };
  let reading = read(first);
  try {
    for (let frame = first; frame <= last; frame += 1) {
      const stored = await reading;
      [memory, other] = [other, memory];
      if (frame < last) reading = read(frame + 1);
      let at = frame * format.bytes;
      for (const piece of opened(format, frame, stored)) {
        const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end + 1 - at)];
        at += piece.length;
        if (from < to) yield piece.subarray(from, to);
      }
    }
  } finally {
    await reading.catch(() => undefined);
    for (const one of [memory, other]) release(one);
    await file.close();
  }
}

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
