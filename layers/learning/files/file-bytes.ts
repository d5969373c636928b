/** A file of which any part can be read: formats with their contents at the end, such as Parquet and ZIP, need that. */
import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { checked } from '#domain/checked-stream.ts';
import { DamagedFileError } from '#domain/errors.ts';
import type { BlobInfo, Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { release } from '#domain/release.ts';

/** Iterating over it reads all of it, from the first byte on. May be done more than once. */
export interface FileBytes extends AsyncIterable<Uint8Array> {
  readonly size: number;
  /** Whether what iterating yields is in memory of its own, which may be given back once it was used. Default: no. */
  readonly isReleased?: boolean;
  /**
   * From `start` up to but without `end`.
   * @param into memory that the bytes may be put into, if it is large enough. Default: their own
   */
  range(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
}

export function bytesInMemory(bytes: Uint8Array): FileBytes {
  return {
    size: bytes.length,
    range: async (start, end) => bytes.subarray(start, end),
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}

/** For a file that is damaged. */
export const REMEDY = 'Upload it again, or restore it from a backup';

/** Bytes that are asked for at once. */
const PIECE = 4 * 1_048_576;

/** From a byte on, up to but without another: default the end. */
export async function* from(file: FileBytes, start: number, end = file.size): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = await file.range(at, Math.min(end, at + PIECE));
    yield piece;
    at += piece.length || PIECE;
  }
}

/** The same file, whose first bytes are asked for once. */
export function withBeginning(file: FileBytes, bytes: number): FileBytes {
  let beginning: Promise<Uint8Array> | undefined;
  return {
    size: file.size,
    range: async (start, end) => {
      if (end > bytes) return file.range(start, end);
      beginning ??= file.range(0, bytes);
      return (await beginning).subarray(start, end);
    },
    [Symbol.asyncIterator]: () => file[Symbol.asyncIterator](),
  };
}

export interface StoredBytesOptions {
  /** Ends the reading when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The file, for the `DamagedFileError` with which a reading ends whose bytes are not those that were written, where the
   * store knows that and does not check it itself. Default: nothing is compared.
   */
  readonly verifiedAs?: string;
}

/** A file in a bucket. What the store throws is kept, so that it can be told apart from a fault of the file. */
export class StoredBytes implements FileBytes {
  readonly size: number;
  readonly isReleased = true;
  /** What the store threw, if it did. */
  failure: unknown;
  readonly #get: (range?: { start: number; end: number }) => Promise<Readable>;
  readonly #signal: AbortSignal | undefined;

  constructor(
    blobs: Pick<Blobs, 'get'>,
    { key, size }: Pick<BlobInfo, 'key' | 'size'>,
    { signal, verifiedAs }: StoredBytesOptions = {},
  ) {
    this.size = size;
    this.#signal = signal;
    this.#get = async (range) => {
      if (verifiedAs === undefined) return (await blobs.get(key, range)).body;
      const { body, digests } = await blobs.get(key, range, { verifiedAs });
      return range === undefined && digests ? checked(verifiedAs, body, digests) : body;
    };
  }

  /** Where the size is not known. Throws `BlobNotFoundError`. */
  static async open(
    blobs: Pick<Blobs, 'get' | 'head'>,
    key: string,
    options: StoredBytesOptions = {},
  ): Promise<StoredBytes> {
    const info = await blobs.head(key);
    if (!info) throw new BlobNotFoundError(key);
    return new StoredBytes(blobs, info, options);
  }

  async range(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    const length = Math.min(end, this.size) - start;
    if (length <= 0) return new Uint8Array();
    const bytes = into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    let at = 0;
    for await (const chunk of this.#read({ start, end: end - 1 })) {
      bytes.set(at + chunk.length > length ? chunk.subarray(0, length - at) : chunk, at);
      at = Math.min(length, at + chunk.length);
      release(chunk);
    }
    return bytes.subarray(0, at);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    return this.#read();
  }

  async *#read(range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    this.#signal?.throwIfAborted();
    const body = await this.#ofStore(() => this.#get(range));
    if (this.#signal) addAbortSignal(this.#signal, body);
    try {
      // Not the loop over the stream itself: what its consumer throws is no failure of the store.
      const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
      for (;;) {
        const next = await this.#ofStore(() => chunks.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      body.destroy();
    }
  }

  async #ofStore<R>(call: () => Promise<R>): Promise<R> {
    try {
      return await call();
    } catch (error) {
      if (!this.#signal?.aborted) this.failure = error;
      throw error instanceof DamagedFileError ? new DamagedFileError(error.what, REMEDY) : error;
    }
  }
}

/** A file on disk. Close it after use. */
export async function openFileBytes(path: string): Promise<FileBytes & AsyncDisposable> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const range = async (start: number, end: number, into?: Uint8Array): Promise<Uint8Array> => {
    const length = Math.max(0, Math.min(end, size) - start);
    const bytes = into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  };
  return {
    size,
    isReleased: true,
    range,
    async *[Symbol.asyncIterator]() {
      const pieceAt = (at: number) => (at < size ? range(at, at + CHUNK) : undefined);
      let next = pieceAt(0);
      for (let at = CHUNK; next; at += CHUNK) {
        const piece = await next;
        // It is read while this one is used, and by nobody if the loop ends here.
        next = pieceAt(at);
        next?.catch(() => undefined);
        yield piece;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

const CHUNK = 1_048_576;
