import { crc32 } from 'node:zlib';

/** What is known of a content once it is written. */
interface Written {
  /** Never used again. */
  readonly name: string;
  readonly size: number;
  /** The CRC-32 of its bytes. */
  readonly sum: number;
}

/** Sees the bytes of a content as they are written. */
export interface Sum {
  update(bytes: Uint8Array): void;
  /** The CRC-32 of all bytes so far. */
  readonly whole: number;
}

export class Checksum implements Sum {
  whole = 0;

  update(bytes: Uint8Array): void {
    this.whole = crc32(bytes, this.whole);
  }
}

/** Another one for each content: a blob that is put again has changed, whatever its bytes. */
const unique = ({ name }: Pick<Written, 'name'>): string => name.slice(0, UUID_LENGTH);

/**
 * Of a part: the same for the same bytes, so that a caller who repeats a part gets the same answer, whichever of the two came
 * last. With it he says which bytes he wants in the file, and nobody else can put a part of his upload: a checksum finds a
 * mistake, and two parts that were made to have the same one mislead only whoever made them. Where it matters that bytes are
 * those that were read before, names of contents are compared (`etagOfParts`). Parts of earlier versions have a SHA-256.
 */
const checksum = ({ sum, size }: Written): string => `${sum.toString(16).padStart(8, '0')}-${size}`;

const UUID_LENGTH = 36;

export const etags = { unique, checksum } as const;
export type EtagKind = keyof typeof etags;
