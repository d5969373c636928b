import type { ByteStream } from './bytes.ts';

/** The bytes end within an opcode's argument, or before the opcode that ends a pickle. */
export class TruncatedError extends Error {}

/** A pickle that no version of Python would load. */
export class MalformedError extends Error {}

/** Longer lines and texts are not kept: they are no names of modules. */
export const KEPT_BYTES = 512;

/** Reads the arguments of opcodes. Asynchronous only where the next chunk is needed: pickles have millions of opcodes. */
export class Reader {
  readonly #stream: ByteStream;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Bytes read or skipped. */
  position = 0;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Whether so many bytes can be taken at once. */
  has(bytes: number): boolean {
    return this.#chunk.length - this.#at >= bytes;
  }

  /** Loads until so many bytes can be taken, or the stream ends. */
  async load(bytes: number): Promise<void> {
    while (!this.has(bytes)) {
      const more = await this.#stream.next();
      if (more.length === 0) return;
      this.#chunk = Buffer.concat([this.#chunk.subarray(this.#at), more]);
      this.#at = 0;
    }
  }

  /** Bytes that were loaded. */
  take(bytes: number): Buffer {
    if (!this.has(bytes)) throw new TruncatedError();
    const taken = this.#chunk.subarray(this.#at, this.#at + bytes);
    this.#at += bytes;
    this.position += bytes;
    return taken;
  }

  peek(bytes: number): Buffer {
    return this.#chunk.subarray(this.#at, this.#at + bytes);
  }

  async skip(bytes: number): Promise<void> {
    const loaded = Math.min(bytes, this.#chunk.length - this.#at);
    this.take(loaded);
    this.position += bytes - loaded;
    if (bytes > loaded) await this.#stream.skip(bytes - loaded);
  }

  /** A line without its end; `null` if it is longer than what is kept. */
  async line(): Promise<string | null> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      await this.load(1);
      if (!this.has(1)) throw new TruncatedError();
      const end = this.#chunk.indexOf(0x0a, this.#at);
      const stop = end === -1 ? this.#chunk.length : end;
      const part = this.take(stop - this.#at);
      length += part.length;
      if (length <= KEPT_BYTES) parts.push(Buffer.from(part));
      if (end === -1) continue;
      this.take(1);
      return length <= KEPT_BYTES ? Buffer.concat(parts).toString('utf8') : null;
    }
  }
}
