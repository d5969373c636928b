/**
 * Profiles a file while it arrives, in a thread of its own:
 *
 *     here      bytes ─────┐             ┌─ pieces ─▶ stored          profile
 *     thread               └─▶ reading ──┴─▶ reading ─▶ … ─▶ the end ────┘
 */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { onRelease } from '#domain/release.ts';
import type { StoreColumns } from '../columns/write.ts';
import type { FromReader, ToReader } from './arriving-messages.ts';
import type { ProfileOptions } from './profile.ts';
import { ARRIVING_PROGRAM, keepThread, takeThread } from './reading-threads.ts';

export interface ArrivingFile {
  /** Bytes of all of it. */
  readonly size: number;
  /** Chunks in memory of their own, which is used up. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ArrivingOptions {
  /** How many threads read columns. */
  readonly threads: number;
  readonly storeColumns: StoreColumns;
}

/** So many bytes may be there that the thread has not used yet. */
const MOST_AHEAD = 8 * 1_048_576;

/**
 * The profile that a reading of the whole file has, and the columns that it records, bit for bit. `undefined` where a file is
 * not read while it arrives: what is packed, Parquet and images, and where it has a fault, of which another reading tells.
 * Rejects if the body fails; then nothing is stored.
 */
export async function profileArriving(
  { size, body }: ArrivingFile,
  options: ProfileOptions,
  { threads, storeColumns }: ArrivingOptions,
): Promise<DatasetProfile | undefined> {
  const chunks = body[Symbol.asyncIterator]();
  // A file of which nothing comes takes no thread.
  let chunk = await chunks.next();
  await using reader = new Reader(storeColumns);
  reader.post({ kind: 'file', size, options, threads });
  for (; !chunk.done && !reader.hasEnded; chunk = await chunks.next()) await reader.take(chunk.value);
  reader.post({ kind: 'end' });
  await chunks.return?.();
  return await reader.profile;
}

class Reader implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #storeColumns: StoreColumns;
  #ahead = 0;
  #pieces: Readable | undefined;
  hasEnded = false;
  #isWhole = false;
  /** Rejects if the thread ends before. */
  readonly profile: Promise<DatasetProfile | undefined>;

  constructor(storeColumns: StoreColumns) {
    this.#storeColumns = storeColumns;
    this.#worker = takeThread(ARRIVING_PROGRAM);
    // Nothing waits for it that may not end.
    this.#worker.unref();
    const { promise, resolve, reject } = Promise.withResolvers<DatasetProfile | undefined>();
    this.profile = promise;
    promise.catch(() => undefined);
    this.#worker.on('message', (message: FromReader) => {
      if (message.kind !== 'profile') return this.#handle(message);
      this.hasEnded = true;
      this.#isWhole = message.profile !== undefined;
      resolve(message.profile);
    });
    this.#worker.on('error', reject);
    this.#worker.on('exit', () => reject(new Error('the thread that read the file has ended')));
  }

  post(message: ToReader, passedOn: readonly ArrayBufferLike[] = []): void {
    this.#worker.postMessage(message, passedOn as ArrayBuffer[]);
  }

  /** Resolves once there is room for more. */
  async take(bytes: Uint8Array): Promise<void> {
    this.#ahead += bytes.length;
    this.post({ kind: 'bytes', bytes }, [bytes.buffer]);
    while (this.#ahead > MOST_AHEAD && !this.hasEnded) {
      await Promise.race([once(this.#worker, 'message'), this.profile]);
    }
  }

  #handle(message: Exclude<FromReader, { kind: 'profile' }>): void {
    if (message.kind === 'used') this.#ahead -= message.bytes;
    else if (message.kind === 'recording') this.#store();
    else if (message.kind === 'recorded') this.#pieces?.push(null);
    else if (message.kind === 'discarded') this.#pieces?.destroy(new Error('the file was not read to its end'));
    else {
      onRelease(message.piece, () => this.post({ kind: 'written' }));
      this.#pieces?.push(message.piece);
    }
  }

  /** Whoever stores them says why it fails; trainings read the file then. */
  #store(): void {
    this.#pieces = new Readable({ objectMode: true, read: () => undefined });
    this.#storeColumns(this.#pieces).then(
      () => this.post({ kind: 'stored', failed: false }),
      () => this.post({ kind: 'stored', failed: true }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Of one that it has broken off, it may still get messages.
    if (this.#isWhole) return keepThread(this.#worker);
    this.#pieces?.destroy(new Error('the file was not read to its end'));
    await this.#worker.terminate();
  }
}
