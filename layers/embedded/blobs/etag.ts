import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Sees the bytes of a content as they are written. */
export interface Etag {
  update(bytes: Uint8Array): void;
  /** @param name of the content, which is never used again */
  of(name: string): string;
}

/** Another one for each content: a blob that is put again has changed, whatever its bytes. */
const unique = (): Etag => ({ update() {}, of: (name) => name.slice(0, UUID_LENGTH) });

/** The same for the same bytes: a caller who repeats a part gets the same answer, whichever of the two came last. */
function sha256(): Etag {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), of: () => hash.digest('hex') };
}

/** The same for large parts of which another hash is compared in the end. */
function checksum(): Etag {
  let [sum, size] = [0, 0];
  return {
    update(bytes) {
      sum = crc32(bytes, sum);
      size += bytes.length;
    },
    of: () => `${sum.toString(16).padStart(8, '0')}-${size}`,
  };
}

const UUID_LENGTH = 36;

export const etags = { unique, sha256, checksum } as const;
export type EtagKind = keyof typeof etags;
