import type { FileHandle } from 'node:fs/promises';
import { release } from '#domain/release.ts';

/** Small pieces are written together: each write waits for a thread. */
const BATCH_BYTES = 524_288;

/**
 * Writes pieces to the end of a file, in batches, while the next ones are being made. Pieces must not be changed after
 * they were given.
 */
export class BatchedWriter {
  readonly #file: FileHandle;
  readonly #isReleased: boolean;
  #batch: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param isReleased whether the memory of pieces is given back once they are written */
  constructor(file: FileHandle, isReleased = false) {
    this.#file = file;
    this.#isReleased = isReleased;
  }

  /** Rejects if an earlier write failed. At most two batches are in memory. */
  async write(piece: Uint8Array): Promise<void> {
    this.#batch.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= BATCH_BYTES) await this.#flush();
  }

  /** Resolves once everything is written. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  /** Resolves once nothing is being written any more, whatever became of it. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    await this.#writing;
    this.#writing = writeFully(this.#file, batch).then(() => {
      if (this.#isReleased) batch.forEach(release);
    });
    // Whoever writes or ends next gets the error.
    this.#writing.catch(() => {});
  }
}

async function writeFully(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytes === 0) return;
  let { bytesWritten: done } = await file.writev([...pieces]);
  // Where the disk takes only a part of it, the rest goes piece by piece.
  for (const piece of pieces) {
    if (done >= piece.length) {
      done -= piece.length;
      continue;
    }
    for (let offset = done; offset < piece.length; ) offset += (await file.write(piece, offset)).bytesWritten;
    done = 0;
  }
}
