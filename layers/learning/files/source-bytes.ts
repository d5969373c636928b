/** The bytes of a file, hashed as they pass by. */
import { createHash } from 'node:crypto';
import { release } from '#domain/release.ts';
import { fileFault } from '../csv/fault.ts';
import { bytesInMemory, type FileBytes, from } from './file-bytes.ts';

/** The file as a stream, of which parts can be read again; a plain stream is held in memory where that is needed. */
export type TableBytes = AsyncIterable<Uint8Array> | FileBytes;

/** A SHA-256 that may be stored before its end. */
export interface FileHash {
  update(bytes: Uint8Array): void;
  hex(): string;
  /** Undefined where it cannot be stored. */
  save(): Uint8Array | undefined;
}

/** The usual one, which is the fastest. */
export function plainHash(): FileHash {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex'), save: () => undefined };
}

/** A file, and what resolves once it was hashed. Undefined: it is hashed already. */
export interface HashedFile {
  readonly file: FileBytes;
  readonly hashed: Promise<void> | undefined;
}

async function passed(stream: AsyncIterable<Uint8Array>, isReleased = false): Promise<void> {
  for await (const chunk of stream) if (isReleased) release(chunk);
}

export class SourceBytes implements AsyncIterable<Uint8Array> {
  readonly #bytes: TableBytes;
  readonly #hash: FileHash;
  /** How many bytes were hashed. */
  hashed: number;
  #hasEnded = false;
  #digest: string | undefined;

  /** @param hashed how many bytes the hash has seen */
  constructor(bytes: TableBytes, hash: FileHash, hashed = 0) {
    this.#bytes = bytes;
    this.#hash = hash;
    this.hashed = hashed;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    return this.#pass(this.#bytes, 0);
  }

  /** From a byte on; what was hashed already is not hashed again. */
  rest(start: number): AsyncGenerator<Uint8Array> {
    return this.#pass(from(this.file, start), start);
  }

  /** All of the file, after the rest of the stream was hashed. */
  async whole(stream: AsyncIterable<Uint8Array>): Promise<FileBytes> {
    const { file, hashed } = await this.besides(stream);
    await hashed;
    return file;
  }

  /** All of the file, while the rest of the stream is hashed. */
  async besides(stream: AsyncIterable<Uint8Array>): Promise<HashedFile> {
    if (!('range' in this.#bytes)) return { file: await inMemory(stream), hashed: undefined };
    const hashed = passed(stream, this.#bytes.isReleased);
    // Whoever reads the file waits for it, unless the file has a fault.
    hashed.catch(() => undefined);
    return { file: this.#bytes, hashed };
  }

  /** Whether the chunks may be given back once they were used. */
  get isReleased(): boolean {
    return 'range' in this.#bytes && this.#bytes.isReleased === true;
  }

  /** Whether all bytes were hashed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  digest(): string {
    if (!this.#hasEnded) throw fileFault('must end with its data; got other bytes after them');
    this.#digest ??= this.#hash.hex();
    return this.#digest;
  }

  save(): Uint8Array | undefined {
    return this.#hash.save();
  }

  get file(): FileBytes {
    if ('range' in this.#bytes) return this.#bytes;
    throw new TypeError('a plain stream can only be read from its beginning');
  }

  async *#pass(bytes: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
    let at = start;
    for await (const chunk of bytes) {
      const known = Math.min(chunk.length, Math.max(0, this.hashed - at));
      if (known < chunk.length) this.#hash.update(known === 0 ? chunk : chunk.subarray(known));
      at += chunk.length;
      this.hashed = Math.max(this.hashed, at);
      yield chunk;
    }
    this.#hasEnded = true;
  }
}

/** Of what has to be held in memory: a Parquet file that is packed once more. */
const MEMORY_BYTES = 268_435_456;

export async function inMemory(stream: AsyncIterable<Uint8Array>): Promise<FileBytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MEMORY_BYTES) {
      throw fileFault(
        `must be at most ${MEMORY_BYTES} bytes when it is unpacked, as it has to be read from its end; got more: upload it as it is, since Parquet is compressed within`,
      );
    }
    chunks.push(chunk);
  }
  return bytesInMemory(Buffer.concat(chunks));
}
