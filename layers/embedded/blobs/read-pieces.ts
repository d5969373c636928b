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

/**
 * The bytes of parts of files, one after the other. Reads on while pieces are used, each of which is in memory of its own. Ends
 * where a file ends before its part does. Closes the files.
 */
export async function* readPieces(parts: readonly FilePart[]): AsyncGenerator<Buffer> {
  const left = [...parts];
  let at = left[0]?.start ?? 0;
  const read = () => {
    const [part] = left;
    if (part === undefined) return undefined;
    const buffers = buffersFor(Math.min(READ_BYTES, part.end - at + 1));
    const reading = part.file.readv(buffers, at);
    // Whoever asks for the next piece gets the error.
    reading.catch(() => {});
    return { reading, buffers, part };
  };
  let next = read();
  try {
    while (next !== undefined) {
      const { buffers, part } = next;
      const { bytesRead } = await next.reading;
      if (bytesRead === 0) return;
      at += bytesRead;
      const isRead = at > part.end;
      if (isRead) {
        left.shift();
        at = left[0]?.start ?? 0;
      }
      next = read();
      let rest = bytesRead;
      for (const buffer of buffers) {
        if (rest > 0) yield rest < buffer.length ? buffer.subarray(0, rest) : buffer;
        rest -= buffer.length;
      }
      if (isRead) await part.file.close();
    }
  } finally {
    await next?.reading.catch(() => undefined);
    await Promise.all(parts.map(({ file }) => file.close()));
  }
}

function buffersFor(bytes: number): Buffer[] {
  const buffers: Buffer[] = [];
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    buffers.push(Buffer.allocUnsafeSlow(Math.min(left, PIECE_BYTES)));
  }
  return buffers;
}
