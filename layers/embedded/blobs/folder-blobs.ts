/**
 * A folder as a bucket without URLs: each blob is a file of its own, whose path is its key. For what has to be readable
 * without the data folder, such as the second location of backups.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { abandonedUnless } from '#domain/abandon.ts';
import { InternalError } from '#domain/errors.ts';
import type { BlobEntry, BlobInfo, BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { checkBlobKey, DEFAULT_CONTENT_TYPE, resolveRange } from '#domain/ports/blobs/rules.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { syncFolder } from '../folder.ts';

/** In the folder, for files that are being written. No key has such a path. */
const DRAFTS = '.drafts';

export class FolderBlobs implements BlobsWithoutUrls {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo> {
    if (body instanceof Uint8Array) return this.#put(key, body);
    return abandonedUnless(body, () => this.#put(key, body));
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    const path = this.#path(key);
    const found = await stat(path, { bigint: true }).catch(absent);
    if (!found?.isFile()) return undefined;
    // A file that is replaced has another number or time.
    const etag = `${found.ino}-${found.mtimeNs}-${found.size}`;
    const modifiedAt = Number(found.mtimeMs);
    return { key, size: Number(found.size), etag, contentType: DEFAULT_CONTENT_TYPE, modifiedAt };
  }

  async get(key: string, range?: { start: number; end?: number }): Promise<{ info: BlobInfo; body: Readable }> {
    const info = await this.head(key);
    if (!info) throw new BlobNotFoundError(key);
    const bounds = range === undefined ? {} : resolveRange(range, info.size);
    return { info, body: createReadStream(this.#path(key), bounds) };
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  /** All of them at once: `limit` and `cursor` of other buckets are not needed here. */
  async list(prefix: string): Promise<{ blobs: readonly BlobEntry[] }> {
    // The folder of the longest part of the prefix that names one.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const root = folder === '' ? this.#dir : this.#path(folder.slice(0, -1));
    const files = await readdir(root, { recursive: true, withFileTypes: true }).catch(absent);
    const keys = (files ?? [])
      .filter((file) => file.isFile())
      .map((file) => relative(this.#dir, join(file.parentPath, file.name)))
      .filter((path) => !path.startsWith(`${DRAFTS}${sep}`))
      .map(keyOf)
      .filter((key) => key.startsWith(prefix));
    const found = await Promise.all(keys.sort(byBytes).map((key) => this.head(key)));
    return { blobs: found.filter((one) => one !== undefined) };
  }

  async #put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo> {
    const path = this.#path(key);
    const draft = join(this.#dir, DRAFTS, randomUUID());
    await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(body);
      await file.sync();
      await file.close();
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(draft, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      await rm(draft, { force: true });
      throw error;
    }
    const info = await this.head(key);
    if (!info) throw new InternalError(`${JSON.stringify(key)} was deleted while it was written`);
    return info;
  }

  #path(key: string): string {
    checkBlobKey(key);
    return join(this.#dir, ...key.split('/').map(encoded));
  }
}

/**
 * As the name of a file: the same on file systems that do not tell cases apart, and never `.`, `..` or empty. Whatever is
 * none of `a-z0-9_-` and dots within is written as `%` and two digits.
 */
function encoded(segment: string): string {
  const bytes = Buffer.from(segment, 'utf8');
  const name = Array.from(bytes, (byte, i) => (isPlain(byte, i) ? String.fromCharCode(byte) : hex(byte))).join('');
  return name === '' ? EMPTY : name;
}

const PLAIN = new Set(Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789_-', 'latin1'));
const DOT = 46;
const isPlain = (byte: number, at: number): boolean => PLAIN.has(byte) || (byte === DOT && at > 0);
const hex = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;
/** Of a segment without characters. */
const EMPTY = '%';

const keyOf = (path: string): string =>
  path
    .split(sep)
    .map((name) => (name === EMPTY ? '' : decodeURIComponent(name)))
    .join('/');

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
