/** Where a decrypted file waits until it has been verified to its end. */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from './cipher.ts';

const CHUNK_BYTES = 1024 * 1024;

/** A file that was verified to its end. `await using` gives back the room that it takes. */
export interface Verified extends AsyncDisposable {
  readonly bytes: number;
  /** Can be called more than once. */
  read(): AsyncIterable<Uint8Array>;
}

export interface SpoolOptions {
  /** A folder for what does not fit into memory. */
  readonly folder: string;
  /** What is kept in memory at most. */
  readonly memoryBytes?: number;
}

/**
 * Reads all of a stream that `open` returned, so that its error comes before any of its bytes can be used. A large file
 * waits on disk: without a name and encrypted under a key that only this call knows, so that nothing readable is left.
 */
export async function verified(plaintext: ByteSource, options: SpoolOptions): Promise<Verified> {
  const limit = options.memoryBytes ?? 16 * CHUNK_BYTES;
  const kept: Uint8Array[] = [];
  let bytes = 0;
  let file: SpoolFile | undefined;
  try {
    for await (const chunk of plaintext) {
      bytes += chunk.length;
      if (file === undefined && bytes <= limit) {
        kept.push(chunk);
        continue;
      }
      file ??= await SpoolFile.create(options.folder, kept.splice(0));
      await file.append(chunk);
    }
  } catch (error) {
    await file?.close();
    throw error;
  }
  const spooled = file;
  return {
    bytes,
    // A copy of the list: giving back the room cuts off nobody who reads.
    read: () => spooled?.read() ?? inMemory([...kept]),
    [Symbol.asyncDispose]: async () => {
      kept.length = 0;
      await spooled?.close();
    },
  };
}

async function* inMemory(kept: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* kept;
}

class SpoolFile {
  readonly #file: FileHandle;
  readonly #key = randomBytes(32);
  readonly #cipher = createCipheriv('aes-256-ctr', this.#key, Buffer.alloc(16));

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(folder: string, first: readonly Uint8Array[]): Promise<SpoolFile> {
    const path = join(folder, `.spool-${randomUUID()}`);
    const spool = new SpoolFile(await open(path, 'wx+', 0o600));
    try {
      await unlink(path);
      for (const chunk of first) await spool.append(chunk);
    } catch (error) {
      await spool.close();
      throw error;
    }
    return spool;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#file.appendFile(this.#cipher.update(chunk));
  }

  async *read(): AsyncGenerator<Uint8Array> {
    const decipher = createDecipheriv('aes-256-ctr', this.#key, Buffer.alloc(16));
    for (let position = 0; ; ) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield decipher.update(buffer.subarray(0, bytesRead));
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
