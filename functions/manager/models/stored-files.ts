/** Stored files that were loaded lately, in memory as they are stored: encrypted. */
import type { Blobs } from '#domain/ports/blobs/port.ts';

const MOST_BYTES = 64 * 1_048_576;
const FILE_BYTES = 16 * 1_048_576;

interface StoredFile {
  readonly etag: string;
  readonly bytes: Uint8Array;
}

export class StoredFiles {
  /** By key, those used last at the end. */
  readonly #files = new Map<string, StoredFile>();
  #bytes = 0;

  /** The bytes as they are stored now, and whether they were in memory. Throws `BlobNotFoundError`. */
  async read(blobs: Blobs, key: string): Promise<{ readonly bytes: Uint8Array; readonly hit: boolean }> {
    const known = this.#files.get(key);
    if (known !== undefined) {
      this.#drop(key, known);
      // A file that was deleted or changed since must not be found in memory.
      if ((await blobs.head(key))?.etag === known.etag) {
        this.#add(key, known);
        return { bytes: known.bytes, hit: true };
      }
    }
    const { info, body } = await blobs.get(key);
    const bytes = Buffer.concat(await body.toArray());
    this.#add(key, { etag: info.etag, bytes });
    return { bytes, hit: false };
  }

  #add(key: string, file: StoredFile): void {
    if (file.bytes.length > FILE_BYTES || this.#files.has(key)) return;
    this.#files.set(key, file);
    this.#bytes += file.bytes.length;
    for (const [oldest, other] of this.#files) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#drop(oldest, other);
    }
  }

  #drop(key: string, { bytes }: StoredFile): void {
    this.#files.delete(key);
    this.#bytes -= bytes.length;
  }
}
