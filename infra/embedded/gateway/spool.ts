import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Content } from '#domain/request-body.ts';

const CHUNK_BYTES = 65_536;

/**
 * Stores the bytes of a body until it is processed: a small body in memory, a larger one in a file. The file is unlinked
 * as soon as it is open, so that the operating system removes it even if the process is killed.
 */
export class Spool {
  readonly #folder: string;
  readonly #memoryBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #file: FileHandle | undefined;

  constructor(folder: string, memoryBytes: number) {
    this.#folder = folder;
    this.#memoryBytes = memoryBytes;
  }

  get size(): number {
    return this.#size;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#memoryBytes) return;
    this.#file ??= await openUnlinked(this.#folder);
    await this.#file.writeFile(Buffer.concat(this.#chunks.splice(0)));
  }

  /** What has been written, until the spool is closed. */
  content(): Content {
    const read = () => this.#read();
    return { size: this.#size, bytes: () => buffer(read()), read };
  }

  async close(): Promise<void> {
    this.#chunks = [];
    await this.#file?.close();
  }

  async *#read(): AsyncGenerator<Buffer> {
    if (this.#file === undefined) return yield* this.#chunks;
    for (let at = 0; at < this.#size; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await this.#file.read(chunk, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) throw new Error(`a body of ${this.#size} bytes ends after ${at}`);
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}

async function openUnlinked(folder: string): Promise<FileHandle> {
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
