/** A thread that reads a file while it arrives; see `arriving.ts`. */
import { Readable } from 'node:stream';
import { parentPort } from 'node:worker_threads';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { release } from '#domain/release.ts';
import type { FileBytes } from '../files/file-bytes.ts';
import { compressionOf, contentOf } from '../files/format.ts';
import { plainHash } from '../files/source-bytes.ts';
import { recognise } from '../kinds.ts';
import { openSource } from '../source.ts';
import type { FromReader, ToReader } from './arriving-messages.ts';

/** So many bytes of pieces may be there that are not written yet. */
const MOST_UNWRITTEN = 8 * 1_048_576;

const post = (message: FromReader): void => parentPort!.postMessage(message);

/** The bytes of the file that is read, and what is to be stored of it. */
let arriving: Arriving | undefined;

parentPort!.on('message', (message: ToReader) => {
  if (message.kind !== 'file') return arriving?.take(message);
  arriving = new Arriving(message.size);
  void read(arriving, message).then((profile) => {
    arriving = undefined;
    post({ kind: 'profile', profile });
  });
});

async function read(
  file: Arriving,
  { options, threads }: Extract<ToReader, { kind: 'file' }>,
): Promise<DatasetProfile | undefined> {
  try {
    const source = openSource(file);
    const head = Buffer.from(await source.head());
    if (compressionOf(head) !== undefined || contentOf(head) === 'parquet') return undefined;
    const kind = await recognise(source);
    const parts = { isDue: () => false, hash: async () => plainHash(), threads, storeColumns: file.store };
    return (await kind.profileInParts?.(source, options, parts))?.profile;
  } catch {
    // Another reading tells of it.
    return undefined;
  }
}

class Arriving implements FileBytes {
  readonly size: number;
  readonly isReleased = true;
  readonly #chunks = new Readable({ objectMode: true, read: () => undefined });
  readonly #unwritten: Uint8Array[] = [];
  #bytes = 0;
  #failed = false;
  readonly #stored = Promise.withResolvers<void>();
  #wake = () => {};

  constructor(size: number) {
    this.size = size;
    this.#stored.promise.catch(() => undefined);
  }

  async range(): Promise<never> {
    throw new TypeError('a file that arrives is read from its beginning to its end');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks as AsyncIterable<Uint8Array>) {
      const bytes = chunk.length;
      yield chunk;
      post({ kind: 'used', bytes });
    }
  }

  /** Has pieces stored by whoever has the file. */
  readonly store = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
    post({ kind: 'recording' });
    try {
      for await (const piece of body) {
        this.#unwritten.push(piece);
        this.#bytes += piece.length;
        post({ kind: 'piece', piece });
        while (this.#bytes > MOST_UNWRITTEN && !this.#failed) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        if (this.#failed) break;
      }
    } catch (error) {
      post({ kind: 'discarded' });
      throw error;
    }
    post({ kind: 'recorded' });
    await this.#stored.promise;
  };

  take(message: Exclude<ToReader, { kind: 'file' }>): void {
    if (message.kind === 'bytes') this.#chunks.push(message.bytes);
    else if (message.kind === 'end') this.#chunks.push(null);
    else if (message.kind === 'written') this.#written();
    else if (message.failed) {
      this.#failed = true;
      this.#stored.reject(new Error('what was recorded could not be stored'));
    } else this.#stored.resolve();
    this.#wake();
  }

  #written(): void {
    const piece = this.#unwritten.shift();
    if (piece === undefined) return;
    this.#bytes -= piece.length;
    release(piece);
  }
}
