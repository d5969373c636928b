import type { FileHandle } from 'node:fs/promises';

/** From one flush to the next: with 16 MiB there was twice as long to wait for the rest of a file of 64 MiB. */
const FLUSH_BYTES = 4 * 1_048_576;

/** Brings a large file to the disk while it is still being written, so that little is left to wait for at its end. */
export class Flusher {
  readonly #file: FileHandle;
  #flushed = 0;
  #flushing: Promise<void> | undefined;
  /** Linux tells of a failure once. */
  #failure: { readonly error: unknown } | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** To be called while so many bytes have been written, or are about to be. */
  written(bytes: number): void {
    if (bytes - this.#flushed < FLUSH_BYTES || this.#flushing !== undefined) return;
    this.#flushed = bytes;
    this.#flushing = this.#file
      .datasync()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }

  /** Resolves once everything that was written is on the disk. Throws what kept it from there. */
  async end(): Promise<void> {
    await this.#flushing;
    await this.#file.sync();
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
