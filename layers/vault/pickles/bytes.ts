/** Where a scan reads from: streams, read from front to back. */

import type { Transform } from 'node:stream';
import { Readable } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { RandomAccess } from '#domain/random-access.ts';

/** Bytes from front to back. */
export interface ByteStream {
  /** Some of the bytes that come next; none at the end. */
  next(): Promise<Uint8Array>;
  /** Leaves out bytes; those after the end do not count. */
  skip(bytes: number): Promise<void>;
}

const CHUNK_BYTES = 65_536;

/** A part of a file. What is skipped is not read. */
export function streamOf(file: RandomAccess, start: number, end: number): ByteStream {
  let position = start;
  return {
    async next() {
      const from = position;
      position = Math.min(end, from + CHUNK_BYTES);
      return from >= position ? new Uint8Array() : file.read(from, position);
    },
    async skip(bytes) {
      position = Math.min(end, position + bytes);
    },
  };
}

/** More was decompressed than a scan may take. */
export class TooLargeError extends Error {}

/** What all streams of a scan may decompress together: a small file can hold any amount of zeros. */
export interface Allowance {
  bytes: number;
}

const DECOMPRESSORS = { gzip: createGunzip, zlib: createInflate, deflate: createInflateRaw } satisfies Record<
  string,
  () => Transform
>;

export type Compression = keyof typeof DECOMPRESSORS;

export function decompressed(from: ByteStream, compression: Compression, allowance: Allowance): ByteStream {
  const output = Readable.from(chunksOf(from), { objectMode: false }).pipe(DECOMPRESSORS[compression]());
  const chunks = output[Symbol.asyncIterator]();
  const next = async (): Promise<Uint8Array> => {
    const { value, done } = await chunks.next();
    if (done) return new Uint8Array();
    allowance.bytes -= (value as Uint8Array).length;
    if (allowance.bytes < 0) throw new TooLargeError();
    return value as Uint8Array;
  };
  return skippable(next);
}

async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array> {
  for (let chunk = await stream.next(); chunk.length > 0; chunk = await stream.next()) yield chunk;
}

/** A stream that skips by reading. */
function skippable(read: () => Promise<Uint8Array>): ByteStream {
  let rest: Uint8Array = new Uint8Array();
  const next = async (): Promise<Uint8Array> => {
    if (rest.length === 0) return read();
    const chunk = rest;
    rest = new Uint8Array();
    return chunk;
  };
  return {
    next,
    async skip(bytes) {
      for (let left = bytes; left > 0; ) {
        const chunk = await next();
        if (chunk.length === 0) return;
        if (chunk.length > left) rest = chunk.subarray(left);
        left -= chunk.length;
      }
    },
  };
}
