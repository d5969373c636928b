import { link, mkdir, open, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32Digest } from '#domain/checked-stream.ts';
import { InsufficientStorageError } from '#domain/errors.ts';
import { type DiskSpace, isDiskFull } from '../disk-space.ts';
import { syncFolder } from '../folder.ts';
import { isAlive } from '../process-identity.ts';
import { BatchedWriter } from './batched-writer.ts';
import { BlockSums } from './block-sums.ts';
import { type Content, type Piece, streamOf } from './content-stream.ts';
import { Checksum, type EtagKind, etags } from './etag.ts';
import { Flusher } from './flusher.ts';
import { FrameSealer, framedName, unframedName } from './framed-content.ts';
import { gathered } from './gathered.ts';
import type { MessagePart } from './message-frames.ts';
import { MessageSealer } from './message-sealer.ts';
import { newName, shardOf } from './new-name.ts';
import { unsealedName } from './sealed-content.ts';
import {
  isView,
  keyName,
  openSealedFrames,
  type StoredFrames,
  sealFrames,
  unviewedName,
  viewedBy,
  viewName,
} from './view.ts';

export interface WrittenContent extends Content {
  readonly etag: string;
}

interface WriteOptions {
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
  readonly sealed: boolean;
  /** What it is encrypted as, where that is not a key of its own, and how many bytes there will be. */
  readonly message?: { readonly part: MessagePart; readonly size: number } | undefined;
  readonly etag: EtagKind;
  /** Whether the chunks of the body are used up. */
  readonly isReleased: boolean;
  /** Whether whoever reads it finds damage anyway. */
  readonly isAuthenticated?: boolean;
  /** Whether a loss of power may take its bytes, though not its name. */
  readonly mayBeLost?: boolean;
}

/** Immutable files. The database decides which of them are in use. */
export class Contents {
  readonly #dir: string;
  readonly #space: DiskSpace;
  /** The secret of sealed contents. */
  readonly #secret: Uint8Array;
  /** Those that exist, and those of them whose names are on the disk. */
  readonly #folders = { made: new Set<string>(), durable: new Set<string>() };

  constructor(dir: string, secret: Uint8Array, space: DiskSpace) {
    this.#dir = dir;
    this.#secret = secret;
    this.#space = space;
  }

  /**
   * Resolves once the bytes and the file's name are durable. If `body` fails, has more than `maxBytes` (then with
   * `tooLarge()`), or the disk has no room for it (then with `InsufficientStorageError`), it rejects and leaves no file.
   * `sealed` ones are encrypted in their file, and what reads them finds damage. They are staged for an hour at most, and
   * outlive the end of any process, but not a loss of power.
   */
  async write(body: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<WrittenContent> {
    const { name, sealer } = this.#new(options);
    this.#space.expectRoom();
    try {
      return await this.#write(name, sealer, body, options);
    } catch (error) {
      throw isDiskFull(error) ? new InsufficientStorageError(this.#space.free) : error;
    }
  }

  #new({ sealed, message }: WriteOptions): { readonly name: string; readonly sealer: Sealer | undefined } {
    if (!sealed) return { name: newName(), sealer: undefined };
    if (message !== undefined) {
      return { name: viewName(newName()), sealer: new MessageSealer(message.part, message.size) };
    }
    const name = framedName(newName());
    return { name, sealer: new FrameSealer(this.#secret, name) };
  }

  async #write(
    name: string,
    sealer: Sealer | undefined,
    body: AsyncIterable<Uint8Array>,
    { maxBytes, tooLarge, ...options }: WriteOptions,
  ): Promise<WrittenContent> {
    const folder = await this.folder(name, sealer === undefined);
    const path = join(folder, name);
    const file = await open(path, 'wx', 0o600);
    // What is encrypted is in memory of its own.
    const writer = new BatchedWriter(file, sealer !== undefined || options.isReleased);
    const isDurable = sealer === undefined && options.mayBeLost !== true;
    const flusher = isDurable ? new Flusher(file) : undefined;
    // Its name is on the disk before most of its bytes are there to wait for.
    const named = options.mayBeLost === true ? syncFolder(folder) : undefined;
    named?.catch(() => undefined);
    // Frames find damage by themselves.
    const blocks = sealer === undefined && !options.isAuthenticated ? new BlockSums() : undefined;
    const sum = blocks ?? (options.etag === 'checksum' ? new Checksum() : undefined);
    let size = 0;
    let looked = 0;
    try {
      if (options.message !== undefined) await this.#writeKey(name, options.message.part);
      for await (const chunk of sealer === undefined ? body : gathered(body, options.isReleased)) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge();
        if (size - looked >= LOOK_BYTES) {
          this.#space.expectRoom();
          looked = size;
        }
        sum?.update(chunk);
        for (const piece of sealer?.update(chunk) ?? [chunk]) await writer.write(piece);
        flusher?.written(size);
      }
      for (const piece of sealer?.end() ?? []) await writer.write(piece);
      await writer.end();
      await flusher?.end();
      await file.close();
      await (flusher === undefined ? named : syncFolder(folder));
      const sums = blocks?.end();
      const whole = sum?.whole ?? 0;
      const written = { name, size, etag: etags[options.etag]({ name, size, sum: whole }) };
      if (blocks === undefined) return written;
      return { ...written, digest: crc32Digest(whole), ...(sums === undefined ? {} : { sums }) };
    } catch (error) {
      await writer.settled();
      await file.close();
      await this.remove([name]);
      throw error;
    }
  }

  /** A view of so many bytes of an encrypted content. `undefined`: the file system has no links, or the content is gone. */
  async view(of: Content, size: number, frames: MessagePart): Promise<Content | undefined> {
    const name = viewName(newName());
    await this.folder(name, false);
    try {
      await link(this.path(of.name), this.path(name));
    } catch {
      return undefined;
    }
    try {
      await this.#writeKey(name, frames);
      return { name, size };
    } catch (error) {
      await this.remove([name]);
      throw error;
    }
  }

  async #writeKey(name: string, frames: MessagePart): Promise<void> {
    await writeFile(this.path(keyName(name)), this.sealed(name, frames), { mode: 0o600, flag: 'wx' });
  }

  /**
   * The bytes `start` to `end` (inclusive) of the concatenated contents. Opens all files before it resolves, so that
   * removing them does not cut the stream short. Rejects with ENOENT if one is missing.
   */
  async read(contents: readonly Content[], start: number, end: number): Promise<Readable> {
    const pieces: Piece[] = [];
    let offset = 0;
    try {
      for (const content of contents) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, content.size - 1);
        if (from <= to) pieces.push({ ...(await this.#open(content)), content, start: from, end: to });
        offset += content.size;
      }
    } catch (error) {
      for (const { file } of pieces) await file.close();
      throw error;
    }
    return streamOf(pieces, this.#secret);
  }

  async #open({ name }: Content): Promise<Pick<Piece, 'file' | 'frames'>> {
    if (!isView(name)) return { file: await open(this.path(name), 'r') };
    const frames = this.opened(name, await readFile(this.path(keyName(name))));
    return { file: await open(this.path(name), 'r'), frames };
  }

  /** Removing a missing file succeeds. */
  async remove(names: Iterable<string>): Promise<void> {
    const absent = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    };
    const all = [...names].flatMap((name) => (isView(name) ? [keyName(name), name] : [name]));
    // Side by side: the system gives back the memory of a large file before it answers.
    await Promise.all(all.map((name) => unlink(this.path(name)).catch(absent)));
  }

  /** Removes the files that have no row and whose writer has ended. */
  async sweep(isReferenced: (name: string) => boolean): Promise<number> {
    let removed = 0;
    for (const shard of await readdir(this.#dir)) {
      for (const file of await readdir(join(this.#dir, shard))) {
        const name = viewedBy(file);
        // Check the writer first: the rows that it wrote before it ended are then visible.
        const writer = unviewedName(unframedName(unsealedName(name))).slice(UUID_LENGTH + 1);
        if (isAlive(writer) || isReferenced(name)) continue;
        await this.remove([file]);
        removed += 1;
      }
    }
    return removed;
  }

  /** Makes it. `durable`: its name is on the disk as well. */
  async folder(name: string, durable: boolean): Promise<string> {
    const folder = join(this.#dir, shardOf(name));
    const known = this.#folders;
    if (!known.made.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      known.made.add(folder);
    }
    if (durable && !known.durable.has(folder)) {
      await syncFolder(this.#dir);
      known.durable.add(folder);
    }
    return folder;
  }

  path(name: string): string {
    return join(this.#dir, shardOf(name), name);
  }

  /** What opens frames, as a file of that name has it. */
  sealed(name: string, frames: StoredFrames): Uint8Array {
    return sealFrames(this.#secret, name, frames);
  }

  /** Throws `DamagedFileError`. */
  opened(name: string, sealed: Uint8Array): StoredFrames {
    return openSealedFrames(this.#secret, name, sealed);
  }
}

/** Encrypts the bytes of a content as they come. */
interface Sealer {
  update(bytes: Uint8Array): Iterable<Uint8Array>;
  end(): Iterable<Uint8Array>;
}

/** From one look at the space on the disk to the next. */
const LOOK_BYTES = 2 ** 20;

const UUID_LENGTH = 36;
