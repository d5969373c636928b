import type { FollowedUpload } from '#domain/ports/blobs/port.ts';
import { InvalidUploadError } from '#domain/ports/errors.ts';
import type { Database } from '../database.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { contentOfPart, contentsOf, etagOfPart, etagOfParts } from './rows.ts';
import { listenToUpload } from './upload-news.ts';

interface Store {
  readonly database: Database;
  readonly contents: Contents;
}

interface Followed {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

interface Expected {
  readonly parts: number;
  readonly seconds: number;
}

/**
 * The parts of an upload, read in their order while others still arrive; also once they have been joined. A part that is put
 * again after it was read, with other bytes, makes another etag of the blob.
 */
export class FollowedParts implements FollowedUpload {
  readonly #store: Store;
  readonly #of: Followed;
  readonly #expected: Expected;
  /** The etags of what was read. */
  readonly #etags: string[] = [];
  readonly body: AsyncIterable<Uint8Array>;

  constructor(store: Store, of: Followed, expected: Expected) {
    this.#store = store;
    this.#of = of;
    this.#expected = expected;
    this.body = this.#read();
  }

  etag(): string {
    if (this.#etags.length < this.#expected.parts) throw new TypeError('the parts have not been read to their end');
    return etagOfParts(this.#etags);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const { parts, seconds } = this.#expected;
    using news = new News(this.#of.id);
    for (let part = 1; part <= parts; part += 1) {
      let content = this.#find(part);
      for (; content === undefined; content = this.#find(part)) {
        if (!(await news.within(seconds))) throw new InvalidUploadError(`part ${part} has not come for ${seconds} s`);
      }
      const stored = await this.#store.contents.read([content], 0, content.size - 1);
      for await (const chunk of stored as AsyncIterable<Uint8Array>) yield chunk;
      this.#etags.push(etagOfPart(content));
    }
  }

  /** `undefined`: it has not come yet. */
  #find(part: number): Content | undefined {
    const { bucket, key, id } = this.#of;
    const { database } = this.#store;
    const row = database.get('SELECT * FROM parts WHERE upload = ? AND part = ?', id, part);
    if (row !== undefined) return contentOfPart(row);
    if (database.get('SELECT 1 FROM uploads WHERE id = ?', id) !== undefined) return undefined;
    const joined = database.get('SELECT * FROM blobs WHERE bucket = ? AND key = ?', bucket, key);
    const content = joined && contentsOf(joined)[part - 1];
    if (content === undefined) throw new InvalidUploadError(`the upload has ended without part ${part}`);
    return content;
  }
}

/** Of an upload: what has come since it was last asked counts as well. */
class News {
  #isNew = false;
  #tell: () => void = () => {};
  readonly #stop: () => void;

  constructor(upload: string) {
    this.#stop = listenToUpload(upload, () => {
      this.#isNew = true;
      this.#tell();
    });
  }

  /** False: there is none for so long. */
  async within(seconds: number): Promise<boolean> {
    if (!this.#isNew) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#tell = resolve;
      const timer = setTimeout(resolve, seconds * 1000).unref();
      await promise;
      clearTimeout(timer);
    }
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
