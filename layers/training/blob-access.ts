import { buffer } from 'node:stream/consumers';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { RandomAccess } from '#domain/random-access.ts';

/** A stored file of which parts are read. */
export const blobAccess = (blobs: Blobs, key: string, size: number): RandomAccess => ({
  size,
  async read(start, end) {
    if (end <= start) return new Uint8Array();
    const { body } = await blobs.get(key, { start, end: end - 1 });
    return buffer(body);
  },
});
