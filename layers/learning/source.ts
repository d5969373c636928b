/** A file to read: once from its beginning to its end, or from a disk, where any part of it can be read. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileBytes } from './files/file-bytes.ts';
import type { TableBytes } from './files/source-bytes.ts';

/** What shows the format of a file. */
const HEAD_BYTES = 512;

export interface Source {
  /** Its first bytes. */
  head(): Promise<Uint8Array>;
  /** From its beginning. Of a stream, it can be read once, and again after `path` was called. */
  bytes(): TableBytes;
  /** Where it lies on a disk; it is copied there if necessary. Throws a `TypeError` without a folder. */
  path(): Promise<string>;
}

export interface SourceOptions {
  /** A folder for the copy, which the caller deletes. */
  readonly folder?: string | undefined;
}

export const openSource = (bytes: TableBytes, options: SourceOptions = {}): Source =>
  'range' in bytes ? ofFile(bytes, options) : ofStream(bytes, options);

function ofFile(file: FileBytes, options: SourceOptions): Source {
  // The first bytes are those of the first reading, so that they are not asked for twice.
  const stream = ofStream(file, options);
  let isRead = false;
  const bytes: FileBytes = {
    size: file.size,
    ...(file.isReleased ? { isReleased: true } : {}),
    range: (start, end, into) => file.range(start, end, into),
    [Symbol.asyncIterator]() {
      if (isRead) return file[Symbol.asyncIterator]();
      isRead = true;
      return stream.bytes()[Symbol.asyncIterator]();
    },
  };
  return { head: stream.head, bytes: () => bytes, path: stream.path };
}

async function copyInto(folder: string | undefined, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  if (folder === undefined) throw new TypeError('a file that must lie on a disk needs a folder');
  const path = join(folder, 'source');
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }));
  return path;
}

function ofStream(bytes: AsyncIterable<Uint8Array>, { folder }: SourceOptions): Source {
  const iterator = bytes[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let begun: Promise<Uint8Array> | undefined;
  let copied: Promise<string> | undefined;

  function head(): Promise<Uint8Array> {
    begun ??= begin();
    return begun;
  }

  async function begin(): Promise<Uint8Array> {
    let size = read.reduce((sum, { length }) => sum + length, 0);
    while (size < HEAD_BYTES) {
      const next = await iterator.next();
      if (next.done) break;
      read.push(next.value);
      size += next.value.length;
    }
    return Buffer.from(Buffer.concat(read).subarray(0, HEAD_BYTES));
  }

  async function* rest(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* read;
      read.length = 0;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }

  async function* copyOf(path: Promise<string>): AsyncGenerator<Uint8Array, void, undefined> {
    yield* createReadStream(await path);
  }

  return {
    head,
    bytes: () => (copied ? copyOf(copied) : rest()),
    path: () => {
      // Whoever asks for the first bytes later must have them, too.
      copied ??= head().then(() => copyInto(folder, rest()));
      return copied;
    },
  };
}
