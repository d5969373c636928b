import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What is known of a content in any case. */
interface Written {
  /** Never used again. */
  readonly name: string;
  readonly size: number;
}

/** Sees the bytes of a content as they are written. */
export interface Etag {
  update(bytes: Uint8Array): void;
  of(written: Written): string;
}

/** Another one for each content: a blob that is put again has changed, whatever its bytes. */
const unique = (): Etag => ({ update() {}, of: ({ name }) => name.slice(0, UUID_LENGTH) });

/** The same for the same bytes: a caller who repeats a part gets the same answer, whichever of the two came last. */
function sha256(): Etag {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), of: () => hash.digest('hex') };
}

/** The same for large parts of which another hash is compared in the end. */
function checksum(): Etag {
  let sum = 0;
  return {
    update(bytes) {
      sum = crc32(bytes, sum);
    },
    of: ({ size }) => `${sum.toString(16).padStart(8, '0')}-${size}`,
  };
}

const UUID_LENGTH = 36;

export const etags = { unique, sha256, checksum } as const;
export type EtagKind = keyof typeof etags;
