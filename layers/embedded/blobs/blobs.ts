import { abandonedUnless } from '#domain/abandon.ts';
import { isStagedInPlain } from '#domain/blob-keys.ts';
import { InternalError } from '#domain/errors.ts';
import type {
  BlobInfo,
  Blobs,
  BucketName,
  FollowedUpload,
  MessageFrames,
  PartToPut,
  PutOptions,
  ReadBlob,
  StoredPart,
  UploadMessage,
  UploadPart,
} from '#domain/ports/blobs/port.ts';
import {
  checkBlobKey,
  checkContentType,
  checkExpiry,
  checkPartToPut,
  DEFAULT_CONTENT_TYPE,
  resolveRange,
} from '#domain/ports/blobs/rules.ts';
import { BlobNotFoundError, InvalidCursorError } from '#domain/ports/errors.ts';
import type { Database, Row } from '../database.ts';
import { afterPrefix } from '../table/query.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { etags } from './etag.ts';
import type { PresignedUrls } from './presigned-urls.ts';
import { areFramed, contentsOf, digestsOf, INFO_COLUMNS, infoOf, type NewBlob, noteSums, replaceBlob } from './rows.ts';
import type { Uploads } from './uploads.ts';
import { lackSums, readVerified, withSums } from './verified.ts';
import { viewsOf } from './views-of.ts';

export interface BlobStore {
  readonly database: Database;
  readonly contents: Contents;
  readonly uploads: Uploads;
  readonly urls: PresignedUrls;
  readonly now: () => number;
}

/**
 * The Blobs port on files and SQLite. The bytes go to a file with a new random name; then one transaction writes the
 * row that makes them the key's content, with type, size and etag. Keys never become paths.
 */
export class FileBlobs implements Blobs {
  readonly #bucket: BucketName;
  readonly #store: BlobStore;
  /** Contents of earlier releases that are being read for their checksums. */
  readonly #summing = new Map<string, Promise<readonly Content[]>>();

  constructor(bucket: BucketName, store: BlobStore) {
    this.#bucket = bucket;
    this.#store = store;
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<BlobInfo> {
    if (body instanceof Uint8Array) return this.#put(key, once(body), options);
    return abandonedUnless(body, () => this.#put(key, body, options));
  }

  async putView(
    key: string,
    of: Pick<BlobInfo, 'key' | 'etag'>,
    { size, frames }: { readonly size: number; readonly frames: MessageFrames },
  ): Promise<BlobInfo | undefined> {
    checkBlobKey(key);
    if (!isStagedInPlain(key)) throw new InternalError(`${key} cannot be a view`);
    const row = this.#row(of.key);
    const stored = row === undefined || row.etag !== of.etag ? [] : contentsOf(row);
    const contents = await viewsOf(this.#store.contents, stored, size, frames);
    const [first] = contents;
    if (first === undefined) return undefined;
    const etag = etags.unique(first);
    return this.#write({ bucket: this.#bucket, key, contentType: DEFAULT_CONTENT_TYPE, etag, contents }, true);
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    checkBlobKey(key);
    const row = this.#store.database.get(
      `SELECT ${INFO_COLUMNS} FROM blobs WHERE bucket = ? AND key = ?`,
      this.#bucket,
      key,
    );
    return row === undefined ? undefined : infoOf(row);
  }

  async get(
    key: string,
    range?: { start: number; end?: number },
    { verifiedAs }: { readonly verifiedAs?: string } = {},
  ): Promise<ReadBlob> {
    checkBlobKey(key);
    for (let attempt = 1; ; attempt += 1) {
      const row = this.#row(key);
      if (row === undefined) throw new BlobNotFoundError(key);
      const contents = contentsOf(row);
      const isVerified = areFramed(contents);
      // Of parts of both kinds, those of an earlier version have to be compared.
      const digests = isVerified ? undefined : digestsOf(contents);
      const info = infoOf(row);
      const { start, end } = range === undefined ? { start: 0, end: info.size - 1 } : resolveRange(range, info.size);
      try {
        const body =
          range === undefined || verifiedAs === undefined
            ? await this.#store.contents.read(contents, start, end)
            : await this.#readVerified(row, contents, { start, end }, verifiedAs);
        return { info, body, isVerified, ...(digests ? { digests } : {}) };
      } catch (error) {
        // Replaced between reading the row and opening the file: try again.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        if (attempt < 10) continue;
        // What is staged may be lost with the power.
        throw isStagedInPlain(key) ? new BlobNotFoundError(key) : error;
      }
    }
  }

  async delete(key: string): Promise<void> {
    checkBlobKey(key);
    const remove = () => {
      const row = this.#row(key);
      this.#store.database.run('DELETE FROM blobs WHERE bucket = ? AND key = ?', this.#bucket, key);
      return row === undefined ? [] : contentsOf(row);
    };
    const removed = await this.#store.database.write(remove, { relaxed: isStagedInPlain(key) });
    await this.#store.contents.remove(removed.map((content: Content) => content.name));
  }

  async list(
    prefix: string,
    options: { limit?: number; cursor?: string } = {},
  ): Promise<{ blobs: readonly BlobInfo[]; cursor?: string }> {
    const { limit = 1000, cursor } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new InternalError(`limit must be between 1 and 1000; got ${limit}`);
    }
    const after = cursor === undefined ? '' : decodeCursor(cursor, prefix);
    const below = prefix === '' ? undefined : afterPrefix(prefix);
    const rows = this.#store.database.all(
      `SELECT ${INFO_COLUMNS} FROM blobs WHERE bucket = ? AND key >= ? AND key > ? AND (? IS NULL OR key < ?)
       ORDER BY key LIMIT ?`,
      this.#bucket,
      prefix,
      after,
      below ?? null,
      below ?? null,
      limit + 1,
    );
    const blobs = rows.slice(0, limit).map(infoOf);
    if (rows.length <= limit) return { blobs };
    return { blobs, cursor: encodeCursor(blobs[limit - 1]!.key) };
  }

  async presignGet(
    key: string,
    options: { expiresInSeconds: number; filename?: string; contentType?: string },
  ): Promise<string> {
    checkBlobKey(key);
    checkExpiry(options.expiresInSeconds);
    if (options.contentType !== undefined) checkContentType(options.contentType);
    const { expiresInSeconds, ...rest } = options;
    return this.#store.urls.make({ method: 'GET', bucket: this.#bucket, key, ...rest }, expiresInSeconds);
  }

  async startUpload(key: string, options: { contentType?: string; message?: UploadMessage } = {}): Promise<string> {
    const { contentType = DEFAULT_CONTENT_TYPE, message } = options;
    checkBlobKey(key);
    checkContentType(contentType);
    return this.#store.uploads.start(this.#bucket, key, contentType, message);
  }

  async presignParts(
    key: string,
    uploadId: string,
    parts: readonly PartToPut[],
    expiresInSeconds: number,
  ): Promise<readonly string[]> {
    checkBlobKey(key);
    checkExpiry(expiresInSeconds);
    parts.forEach(checkPartToPut);
    this.#store.uploads.require(this.#bucket, key, uploadId);
    const common = { method: 'PUT', bucket: this.#bucket, key, upload: uploadId } as const;
    return parts.map(({ part, bytes }) => this.#store.urls.make({ ...common, part, bytes }, expiresInSeconds));
  }

  /** The key that signs URLs does not end. */
  async presignedSeconds(wantedSeconds: number): Promise<number> {
    return wantedSeconds;
  }

  async putPart(key: string, uploadId: string, part: number, body: Uint8Array): Promise<string> {
    checkBlobKey(key);
    return this.#store.uploads.putPart(this.#bucket, key, uploadId, { part, bytes: body.length }, once(body), false);
  }

  async listParts(key: string, uploadId: string): Promise<readonly StoredPart[]> {
    checkBlobKey(key);
    return this.#store.uploads.list(this.#bucket, key, uploadId);
  }

  async completeUpload(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<BlobInfo> {
    checkBlobKey(key);
    return this.#store.uploads.complete(this.#bucket, key, uploadId, parts);
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    checkBlobKey(key);
    await this.#store.uploads.abort(this.#bucket, key, uploadId);
  }

  followUpload(key: string, uploadId: string, expected: { parts: number; seconds: number }): FollowedUpload {
    checkBlobKey(key);
    const of = { bucket: this.#bucket, key, id: uploadId };
    return this.#store.uploads.follow(of, expected, async (to, contents) => {
      checkBlobKey(to);
      const etag = etags.unique(contents[0]!);
      // Nobody goes by it until a write of the table has followed.
      return this.#write({ bucket: this.#bucket, key: to, contentType: DEFAULT_CONTENT_TYPE, etag, contents }, true);
    });
  }

  async #put(
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    {
      contentType = DEFAULT_CONTENT_TYPE,
      isReleased = false,
      isAuthenticated = false,
      isFollowed = false,
      mayBeLost = false,
    }: PutOptions,
  ): Promise<BlobInfo> {
    checkBlobKey(key);
    checkContentType(contentType);
    const { contents } = this.#store;
    const limit = { maxBytes: Number.POSITIVE_INFINITY, tooLarge: unreachable };
    const written = await contents.write(chunks, {
      ...limit,
      sealed: isStagedInPlain(key),
      etag: 'unique',
      isReleased,
      isAuthenticated,
      mayBeLost,
    });
    const blob = { bucket: this.#bucket, key, contentType, etag: written.etag, contents: [written] };
    return this.#write(blob, isFollowed || mayBeLost || isStagedInPlain(key));
  }

  /** Where that fails, its contents are removed. */
  async #write(blob: NewBlob, relaxed: boolean): Promise<BlobInfo> {
    const { contents, database, now } = this.#store;
    try {
      const { info, replaced } = await database.write(() => replaceBlob(database, blob, now()), { relaxed });
      await contents.remove(replaced);
      return info;
    } catch (error) {
      await contents.remove(blob.contents.map(({ name }) => name));
      throw error;
    }
  }

  async #readVerified(row: Row, contents: readonly Content[], range: { start: number; end: number }, what: string) {
    const known = await this.#withSums(row, contents, what);
    return readVerified(this.#store.contents, known, range, what);
  }

  /** Whoever else asks for a range of the file meanwhile waits for the same reading. */
  #withSums(row: Row, of: readonly Content[], what: string): Promise<readonly Content[]> {
    if (!lackSums(of)) return Promise.resolve(of);
    const names = of.map(({ name }) => name).join();
    const reading = this.#summing.get(names) ?? this.#sum(row, of, what).finally(() => this.#summing.delete(names));
    this.#summing.set(names, reading);
    return reading;
  }

  async #sum(row: Row, of: readonly Content[], what: string): Promise<readonly Content[]> {
    const { database, contents } = this.#store;
    const known = await withSums(contents, of, what);
    await database.write(() => noteSums(database, row, known), { quiet: true });
    return known;
  }

  #row(key: string): Row | undefined {
    return this.#store.database.get('SELECT * FROM blobs WHERE bucket = ? AND key = ?', this.#bucket, key);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const unreachable = (): Error => new InternalError('a blob has no largest size');

const encodeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

function decodeCursor(cursor: string, prefix: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[A-Za-z0-9_-]{1,2048}$/.test(cursor) || encodeCursor(key) !== cursor || !key.startsWith(prefix)) {
    throw new InvalidCursorError('the cursor is not one of this listing');
  }
  return key;
}
