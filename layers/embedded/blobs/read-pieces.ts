import type { FileHandle } from 'node:fs/promises';
import { PIECE_BYTES } from '#domain/release.ts';

/** At once: each read waits for a thread. */
const READ_BYTES = 1_048_576;

/** Where a part of an open file begins, and its last byte. */
export interface FilePart {
  readonly file: FileHandle;
  readonly start: number;
  readonly end: number;
}

/** Reads on while pieces are used, each of which is in memory of its own. Ends where the file does, and closes it. */
export async function* readPieces({ file, start, end }: FilePart): AsyncGenerator<Buffer> {
  const read = (at: number) => {
    const buffers = buffersFor(Math.min(READ_BYTES, end - at + 1));
    const reading = file.readv(buffers, at);
    // Whoever asks for the next piece gets the error.
    reading.catch(() => {});
    return { reading, buffers };
  };
  let next = read(start);
  try {
    for (let at = start; at <= end; ) {
      const { bytesRead } = await next.reading;
      if (bytesRead === 0) return;
      const { buffers } = next;
      at += bytesRead;
      if (at <= end) next = read(at);
      let left = bytesRead;
      for (const buffer of buffers) {
        if (left > 0) yield left < buffer.length ? buffer.subarray(0, left) : buffer;
        left -= buffer.length;
      }
    }
  } finally {
    await next.reading.catch(() => undefined);
    await file.close();
  }
}

function buffersFor(bytes: number): Buffer[] {
  const buffers: Buffer[] = [];
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    buffers.push(Buffer.allocUnsafeSlow(Math.min(left, PIECE_BYTES)));
  }
  return buffers;
}
