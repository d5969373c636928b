import type { Blobs } from '#domain/ports/blobs/port.ts';

export interface BlobsSubject {
  /** An empty bucket whose presigned URLs are served. */
  readonly blobs: Blobs;
  /** The same bucket through another connection. */
  readonly other: Blobs;
  /** Moves the clock forward. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

export const MEBIBYTE = 1024 ** 2;

export const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Bytes without repetitions, so that misplaced ones are noticed. */
export const pattern = (size: number, seed = 1) =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) % 251);

export async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytesOf(text);
}

export const read = async ({ blobs }: BlobsSubject, key: string, range?: { start: number; end?: number }) =>
  Buffer.concat(await (await blobs.get(key, range)).body.toArray());
