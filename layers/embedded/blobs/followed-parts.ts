import { InternalError } from '#domain/errors.ts';
import type { BlobInfo, FollowedUpload } from '#domain/ports/blobs/port.ts';
import { InvalidUploadError, PartNotFramedError } from '#domain/ports/errors.ts';
import type { Database } from '../database.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { flush, linkStored, readStored } from './message-files.ts';
import { contentOfPart, contentsOf, etagOfParts } from './rows.ts';
import { listenToUpload } from './upload-news.ts';
import { isView } from './view.ts';

interface Store {
  readonly database: Database;
  readonly contents: Contents;
  readonly put: PutContents;
}

/** Puts a blob of durable contents, which it removes where it cannot. */
export type PutContents = (key: string, contents: readonly Content[]) => Promise<BlobInfo>;

export interface Followed {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

export interface Expected {
  readonly parts: number;
  readonly seconds: number;
}

/**
 * The parts of an upload, read in their order while others still arrive; also once they have been joined. A part that is put
 * again after it was read makes another etag of the blob.
 */
export class FollowedParts implements FollowedUpload {
  readonly #store: Store;
  readonly #of: Followed;
  readonly #expected: Expected;
  /** What was read last. */
  #read: Content[] = [];
  /** Bringing the frames to the disk. */
  #flushing: Promise<void> = Promise.resolve();
  #isFramed = false;

  constructor(store: Store, of: Followed, expected: Expected) {
    this.#store = store;
    this.#of = of;
    this.#expected = expected;
  }

  get body(): AsyncIterable<Uint8Array> {
    this.#isFramed = false;
    const { contents } = this.#store;
    return this.#readAll((content) => contents.read([content], 0, content.size - 1));
  }

  get frames(): AsyncIterable<Uint8Array> {
    this.#isFramed = true;
    this.#flushing = Promise.resolve();
    const { contents } = this.#store;
    return this.#readAll(async (content) => {
      if (!isView(content.name)) throw new PartNotFramedError('a part came twice, or after its process had ended');
      // While it is read, and others arrive.
      this.#flushing = this.#flushing.then(() => flush(contents, content));
      this.#flushing.catch(() => undefined);
      return readStored(contents, content);
    });
  }

  async putMessage(key: string, header: Uint8Array): Promise<BlobInfo> {
    const parts = this.#whole();
    if (!this.#isFramed) throw new TypeError('what was read last were no frames');
    const { contents, put } = this.#store;
    // Side by side: each waits for the disk.
    const written = contents.write(once(header), DURABLE).then((one) => [one]);
    const done = await Promise.allSettled([written, linkStored(contents, parts), this.#flushing.then(() => [])]);
    const whole = done.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    try {
      for (const one of done) if (one.status === 'rejected') throw one.reason;
      return await put(key, whole);
    } catch (error) {
      await contents.remove(whole.map(({ name }) => name));
      throw error;
    }
  }

  etag(): string {
    return etagOfParts(this.#whole());
  }

  #whole(): readonly Content[] {
    if (this.#read.length < this.#expected.parts) throw new TypeError('the parts have not been read to their end');
    return this.#read;
  }

  async *#readAll(open: (content: Content) => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
    const { parts, seconds } = this.#expected;
    this.#read = [];
    using news = new News(this.#of.id);
    for (let part = 1; part <= parts; part += 1) {
      let content = this.#find(part);
      for (; content === undefined; content = this.#find(part)) {
        if (!(await news.within(seconds))) throw new InvalidUploadError(`part ${part} has not come for ${seconds} s`);
      }
      for await (const chunk of await open(content)) yield chunk;
      this.#read.push(content);
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

/** Each frame has a tag, and so has the header. */
const DURABLE = {
  maxBytes: Number.POSITIVE_INFINITY,
  tooLarge: () => new InternalError('a header has no largest size'),
  sealed: false,
  etag: 'unique',
  isReleased: false,
  isAuthenticated: true,
} as const;

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

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
