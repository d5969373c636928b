/** One member of gzip (RFC 1952), of pieces that are compressed each by itself and follow one another. */
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';

/** Without a name and a time; made by a system that is not named. */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** The last block, an empty one that is stored. */
const LAST_BLOCK = Uint8Array.of(1, 0, 0, 255, 255);

export const GZIP_TRAILER_BYTES = 8;

/** What follows after the last piece. */
export function gzipEnd(crc: number, bytes: number): Uint8Array {
  const trailer = Buffer.alloc(GZIP_TRAILER_BYTES);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  return Buffer.concat([LAST_BLOCK, trailer]);
}

const deflated = promisify<Uint8Array, { level: number; finishFlush: number }, Buffer>(deflateRaw);

/** It refers to nothing before it, and ends with a whole byte. At level 0 it consists of stored blocks only. */
export const gzipPiece = (plain: Uint8Array, level: number): Promise<Uint8Array> =>
  deflated(plain, { level, finishFlush: constants.Z_FULL_FLUSH });
