import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { syncFolder } from '../folder.ts';
import { isAlive, processIdentity } from '../process-identity.ts';

/** Bytes in a file of their own, whose name is never used again. */
export interface Content {
  readonly name: string;
  readonly size: number;
}

/** A content and the lower-case SHA-256 of its bytes. */
export interface WrittenContent extends Content {
  readonly sha256: string;
}

/** Files of bytes that are written once. Which of them count is for the database to say. */
export class Contents {
  readonly #dir: string;
  readonly #folders = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Resolves once the bytes and the file's name are durable; leaves nothing where `body` fails or has more bytes than
   * `maxBytes` (then with what `tooLarge` makes).
   */
  async write(body: AsyncIterable<Uint8Array>, maxBytes: number, tooLarge: () => Error): Promise<WrittenContent> {
    // The writer's identity tells a sweep whether the file may still be on its way into the database.
    const name = `${randomUUID()}-${processIdentity()}`;
    const folder = await this.#folder(name);
    const path = join(folder, name);
    const file = await open(path, 'wx', 0o600);
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const chunk of body) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge();
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
   * The bytes `start` to `end` (inclusive) of several contents taken as one. All files that are needed are open before
   * this resolves, so that their removal does not cut the stream short. Rejects with ENOENT where one is gone.
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

  /** Removing what is not there succeeds. */
  async remove(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      await unlink(this.#path(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }

  /** Removes the files that nothing refers to and that no living process can be about to refer to. */
  async sweep(isReferred: (name: string) => boolean): Promise<number> {
    let swept = 0;
    for (const shard of await readdir(this.#dir)) {
      for (const name of await readdir(join(this.#dir, shard))) {
        // First the writer, then the reference: what a writer refers to before it ends is seen.
        const writer = name.slice(UUID_LENGTH + 1);
        if (isAlive(writer) || isReferred(name)) continue;
        await this.remove([name]);
        swept += 1;
      }
    }
    return swept;
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

const UUID_LENGTH = 36;

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

function stream(pieces: readonly { file: FileHandle; start: number; end: number }[]): Readable {
  // One file, the usual case, needs no generator in between.
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return createReadStream('', { fd: only.file, ...range(only) });
  const joined = Readable.from(readAll(pieces), { objectMode: false });
  joined.once('close', () => {
    // Closing again what was read to its end does nothing.
    for (const { file } of pieces) void file.close().catch(() => undefined);
  });
  return joined;
}

async function* readAll(pieces: readonly { file: FileHandle; start: number; end: number }[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield* createReadStream('', { fd: piece.file, ...range(piece) });
}

const range = ({ start, end }: { start: number; end: number }) => ({ start, end, highWaterMark: 262_144 });
