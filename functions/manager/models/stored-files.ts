/** Stored files that were loaded lately, in memory as they are stored: encrypted. */
import type { Blobs } from '#domain/ports/blobs/port.ts';

const MOST_BYTES = 64 * 1_048_576;
const FILE_BYTES = 16 * 1_048_576;

export class StoredFiles {
  /** By key, those used last at the end. */
  readonly #files = new Map<string, Uint8Array>();
  #bytes = 0;

  /** The bytes, and whether they were in memory. The keys of files are never used again, so none is outdated. */
  async read(blobs: Blobs, key: string): Promise<{ readonly bytes: Uint8Array; readonly hit: boolean }> {
    const known = this.#files.get(key);
    if (known !== undefined) {
      this.#files.delete(key);
      this.#files.set(key, known);
      // A deleted file must not be found in memory.
      if (await blobs.head(key)) return { bytes: known, hit: true };
      this.#drop(key, known);
    }
    const { body } = await blobs.get(key);
    const bytes = Buffer.concat(await body.toArray());
    this.#add(key, bytes);
    return { bytes, hit: false };
  }

  #add(key: string, bytes: Uint8Array): void {
    if (bytes.length > FILE_BYTES) return;
    this.#files.set(key, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, file] of this.#files) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest, file);
    }
  }

  #drop(key: string, file: Uint8Array): void {
    this.#files.delete(key);
    this.#bytes -= file.length;
  }
}
