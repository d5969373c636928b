import { randomUUID } from 'node:crypto';
import { isStagedInPlain } from '#domain/blob-keys.ts';
import { PayloadTooLargeError } from '#domain/errors.ts';
import type {
  BlobInfo,
  FollowedUpload,
  PartToPut,
  StoredPart,
  UploadMessage,
  UploadPart,
} from '#domain/ports/blobs/port.ts';
import { BLOB_LIMITS, checkPart, checkParts, unquoted } from '#domain/ports/blobs/rules.ts';
import { InvalidUploadError, NoSuchUploadError } from '#domain/ports/errors.ts';
import type { Database, Row } from '../database.ts';
import type { Contents } from './contents.ts';
import { type Expected, type Followed, FollowedParts, type PutContents } from './followed-parts.ts';
import { contentOfPart, etagOfParts, replaceBlob } from './rows.ts';
import { UploadMessages } from './upload-messages.ts';
import { tellOfUpload } from './upload-news.ts';

/** Multipart uploads: each part is a content of its own, and the completed blob lists them; nothing is copied. */
export class Uploads {
  readonly #database: Database;
  readonly #contents: Contents;
  readonly #now: () => number;
  readonly #messages: UploadMessages;

  constructor(database: Database, contents: Contents, now: () => number) {
    this.#database = database;
    this.#contents = contents;
    this.#now = now;
    this.#messages = new UploadMessages(contents);
  }

  /** Parts of staged files only become frames of a message. */
  async start(bucket: string, key: string, contentType: string, message?: UploadMessage): Promise<string> {
    const id = randomUUID();
    if (message !== undefined && isStagedInPlain(key)) await this.#messages.offer(id, message);
    await this.#database.write(
      () =>
        this.#database.run(
          'INSERT INTO uploads (id, bucket, key, content_type, started_at) VALUES (?, ?, ?, ?, ?)',
          id,
          bucket,
          key,
          contentType,
          this.#now(),
        ),
      { relaxed: isStagedInPlain(key) },
    );
    return id;
  }

  /** Throws `NoSuchUploadError` unless the upload is in progress, for this key. */
  require(bucket: string, key: string, id: string): Row {
    const row = this.#database.get('SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?', id, bucket, key);
    if (row === undefined) throw new NoSuchUploadError(`there is no upload ${id} of this file`);
    return row;
  }

  /** Stores a part, replacing an earlier one of that number; resolves with its etag. */
  async putPart(
    bucket: string,
    key: string,
    id: string,
    { part, bytes }: PartToPut,
    body: AsyncIterable<Uint8Array>,
    /** Whether its memory may be given back: that of a request, which nobody else reads. */
    isReleased = true,
  ): Promise<string> {
    checkPart(part);
    this.require(bucket, key, id);
    const tooLarge = () => new PayloadTooLargeError('body', BLOB_LIMITS.partBytes, undefined);
    const limit = { maxBytes: BLOB_LIMITS.partBytes, tooLarge, isReleased };
    const sealed = isStagedInPlain(key);
    // Neither does the file outlive a loss of power.
    const relaxed = { relaxed: sealed };
    const frames = sealed ? await this.#messages.claim(id, part, bytes) : undefined;
    const message = frames && { part: frames, size: bytes };
    const written = await this.#contents.write(body, { ...limit, sealed, message, etag: 'checksum' });
    let replaced: Row | undefined;
    try {
      replaced = await this.#database.write(() => {
        this.require(bucket, key, id);
        const before = this.#database.get('SELECT content FROM parts WHERE upload = ? AND part = ?', id, part);
        this.#database.run(
          'REPLACE INTO parts (upload, part, content, size, etag, sums) VALUES (?, ?, ?, ?, ?, ?)',
          id,
          part,
          written.name,
          written.size,
          written.etag,
          written.sums ?? null,
        );
        return before;
      }, relaxed);
    } catch (error) {
      await this.#contents.remove([written.name]);
      throw error;
    }
    tellOfUpload(id);
    if (replaced !== undefined) await this.#contents.remove([String(replaced.content)]);
    return written.etag;
  }

  list(bucket: string, key: string, id: string): StoredPart[] {
    this.require(bucket, key, id);
    return this.#parts(id).map(({ part, etag, size }) => ({
      part: Number(part),
      etag: String(etag),
      size: Number(size),
    }));
  }

  /** Makes the blob of the listed parts and removes the others. Throws `InvalidUploadError`. */
  async complete(bucket: string, key: string, id: string, listed: readonly UploadPart[]): Promise<BlobInfo> {
    const { info, unused } = await this.#database.write(
      () => {
        const contentType = String(this.require(bucket, key, id).content_type);
        const chosen = choose(this.#parts(id), listed);
        const contents = chosen.map(contentOfPart);
        const blob = { bucket, key, contentType, etag: etagOfParts(contents), contents };
        const { info, replaced } = replaceBlob(this.#database, blob, this.#now());
        const used = new Set(contents.map((content) => content.name));
        return { info, unused: [...replaced, ...this.#remove(id).filter((name) => !used.has(name))] };
      },
      { relaxed: isStagedInPlain(key) },
    );
    tellOfUpload(id);
    await this.#contents.remove(unused);
    return info;
  }

  async abort(bucket: string, key: string, id: string): Promise<void> {
    const names = await this.#database.write(() => {
      this.require(bucket, key, id);
      return this.#remove(id);
    });
    tellOfUpload(id);
    await this.#messages.forget(id);
    await this.#contents.remove(names);
  }

  follow(followed: Followed, expected: Expected, put: PutContents): FollowedUpload {
    return new FollowedParts({ database: this.#database, contents: this.#contents, put }, followed, expected);
  }

  /** Aborts the uploads that were started before a time (epoch milliseconds); resolves with their number. */
  async abandon(before: number): Promise<number> {
    const { count, names } = await this.#database.write(() => {
      const ids = this.#database
        .all('SELECT id FROM uploads WHERE started_at < ?', before)
        .map((row) => String(row.id));
      return { count: ids.length, names: ids.flatMap((id) => this.#remove(id)) };
    });
    await this.#contents.remove(names);
    return count;
  }

  #parts(id: string): Row[] {
    return this.#database.all('SELECT * FROM parts WHERE upload = ? ORDER BY part', id);
  }

  #remove(id: string): string[] {
    const names = this.#parts(id).map((row) => String(row.content));
    this.#database.run('DELETE FROM uploads WHERE id = ?', id);
    return names;
  }
}

/** The listed parts. Checks that they are stored, with these etags, and that all but the last are large enough. */
function choose(stored: readonly Row[], listed: readonly UploadPart[]): Row[] {
  checkParts(listed);
  const byNumber = new Map(stored.map((row) => [row.part, row]));
  return listed.map(({ part, etag }, index) => {
    const row = byNumber.get(part);
    if (row === undefined) throw new InvalidUploadError(`part ${part} was not uploaded`);
    if (row.etag !== unquoted(etag)) throw new InvalidUploadError(`the etag of part ${part} is not ${etag}`);
    const min = BLOB_LIMITS.minPartBytes;
    if (index < listed.length - 1 && Number(row.size) < min) {
      throw new InvalidUploadError(`part ${part} must have at least ${min} bytes; got ${row.size}`);
    }
    return row;
  });
}
