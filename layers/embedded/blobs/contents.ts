import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { InsufficientStorageError } from '#domain/errors.ts';
import { type DiskSpace, isDiskFull } from '../disk-space.ts';
import { syncFolder } from '../folder.ts';
import { isAlive, processIdentity } from '../process-identity.ts';

/** Bytes in a file of their own, whose name is never reused. */
export interface Content {
  readonly name: string;
  readonly size: number;
  /** Lower-case, of its bytes, where it is known. */
  readonly sha256?: string;
}

/** A content that was just written. */
export interface WrittenContent extends Content {
  readonly sha256: string;
}

/** Immutable files. The database decides which of them are in use. */
export class Contents {
  readonly #dir: string;
  readonly #space: DiskSpace;
  readonly #folders = new Set<string>();

  constructor(dir: string, space: DiskSpace) {
    this.#dir = dir;
    this.#space = space;
  }

  /**
   * Resolves once the bytes and the file's name are durable. If `body` fails, has more than `maxBytes` (then with
   * `tooLarge()`), or the disk has no room for it (then with `InsufficientStorageError`), it rejects and leaves no file.
   */
  async write(body: AsyncIterable<Uint8Array>, maxBytes: number, tooLarge: () => Error): Promise<WrittenContent> {
    // The writer's identity tells the sweep whether the file may still get its row.
    const name = `${randomUUID()}-${processIdentity()}`;
    this.#space.expectRoom();
    try {
      return await this.#write(name, body, maxBytes, tooLarge);
    } catch (error) {
      throw isDiskFull(error) ? new InsufficientStorageError(this.#space.free) : error;
    }
  }

  async #write(
    name: string,
    body: AsyncIterable<Uint8Array>,
    maxBytes: number,
    tooLarge: () => Error,
  ): Promise<WrittenContent> {
    const folder = await this.#folder(name);
    const path = join(folder, name);
    const file = await open(path, 'wx', 0o600);
    const hash = createHash('sha256');
    let size = 0;
    let looked = 0;
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge();
        if (size - looked >= LOOK_BYTES) {
          this.#space.expectRoom();
          looked = size;
        }
        hash.update(chunk);
        await writeFully(file, chunk);
      }
      await file.sync();
      await file.close();
      await syncFolder(folder);
      return { name, size, sha256: hash.digest('hex') };
    } catch (error) {
      await file.close();
      await this.remove([name]);
      throw error;
    }
  }

  /**
   * The bytes `start` to `end` (inclusive) of the concatenated contents. Opens all files before it resolves, so that
   * removing them does not cut the stream short. Rejects with ENOENT if one is missing.
   */
  async read(contents: readonly Content[], start: number, end: number): Promise<Readable> {
    const pieces: { file: FileHandle; start: number; end: number }[] = [];
    let offset = 0;
    try {
      for (const { name, size } of contents) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, size - 1);
        if (from <= to) pieces.push({ file: await open(this.#path(name), 'r'), start: from, end: to });
        offset += size;
      }
    } catch (error) {
      for (const { file } of pieces) await file.close();
      throw error;
    }
    return stream(pieces);
  }

  /** Removing a missing file succeeds. */
  async remove(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      await unlink(this.#path(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }

  /** Removes the files that have no row and whose writer has ended. */
  async sweep(isReferenced: (name: string) => boolean): Promise<number> {
    let removed = 0;
    for (const shard of await readdir(this.#dir)) {
      for (const name of await readdir(join(this.#dir, shard))) {
        // Check the writer first: the rows that it wrote before it ended are then visible.
        const writer = name.slice(UUID_LENGTH + 1);
        if (isAlive(writer) || isReferenced(name)) continue;
        await this.remove([name]);
        removed += 1;
      }
    }
    return removed;
  }

  async #folder(name: string): Promise<string> {
    const folder = join(this.#dir, name.slice(0, 2));
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await syncFolder(this.#dir);
      this.#folders.add(folder);
    }
    return folder;
  }

  #path(name: string): string {
    return join(this.#dir, name.slice(0, 2), name);
  }
}

/** From one look at the space on the disk to the next. */
const LOOK_BYTES = 2 ** 20;

const UUID_LENGTH = 36;

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

function stream(pieces: readonly { file: FileHandle; start: number; end: number }[]): Readable {
  // A single file, the usual case, needs no generator.
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return createReadStream('', { fd: only.file, ...range(only) });
  const joined = Readable.from(readAll(pieces), { objectMode: false });
  joined.once('close', () => {
    // Files that were read to the end are closed already; closing them again does nothing.
    for (const { file } of pieces) void file.close().catch(() => undefined);
  });
  return joined;
}

async function* readAll(pieces: readonly { file: FileHandle; start: number; end: number }[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield* createReadStream('', { fd: piece.file, ...range(piece) });
}

const range = ({ start, end }: { start: number; end: number }) => ({ start, end, highWaterMark: 262_144 });
