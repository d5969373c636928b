/** Unpacks gzip, and the beginning of a deflated file that is cut off. */
import { Readable } from 'node:stream';
import { constants, createGunzip, gunzipSync, inflateRawSync } from 'node:zlib';
import { fileFault } from '../csv/fault.ts';
import { expectRatio } from './zip.ts';

/** @throws ValidationError with field `file` where the bytes end early, are damaged or unpack to far more than data do */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let [packed, unpacked] = [0, 0];
  const fault: { of?: unknown } = {};
  const counted = async function* () {
    try {
      for await (const chunk of bytes) {
        packed += chunk.length;
        yield chunk;
      }
    } catch (error) {
      // Streams report an error of what they are given as their own.
      fault.of = error;
      throw error;
    }
  };
  const source = Readable.from(counted(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: 262_144 });
  source.once('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      expectRatio(unpacked, packed, (text) => fileFault(`the gzip ${text}`));
      yield chunk;
    }
  } catch (error) {
    throw fault.of ?? translated(error, packed);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** What zlib says where a file's contents are not those that were packed. */
const CHECKSUM = ['incorrect data check', 'incorrect length check'];

/** How much was unpacked is not known at an error: the last piece is lost with it. */
function translated(error: unknown, packed: number): unknown {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) return error;
  if (error.code === 'Z_BUF_ERROR') {
    return fileFault(`must be a whole gzip file; it ends early, after ${packed} bytes: pack it or upload it again`);
  }
  return CHECKSUM.includes(error.message)
    ? fileFault('must be a gzip file; it is damaged: its checksum is not that of its contents')
    : fileFault(`must be a gzip file; it is damaged within its first ${packed} bytes: ${error.message}`);
}

const CUT = { finishFlush: constants.Z_SYNC_FLUSH };

/** What the first bytes of a gzip file unpack to, as far as they go. */
export const gunzipBeginning = (bytes: Uint8Array, most: number): Buffer => beginning(gunzipSync, bytes, most);

/** The same of a deflated entry of a ZIP. */
export const inflateBeginning = (bytes: Uint8Array, most: number): Buffer => beginning(inflateRawSync, bytes, most);

/** A few packed bytes may unpack to a thousand times as many: packed ones are taken piece by piece until there are enough. */
function beginning(unpack: typeof gunzipSync, bytes: Uint8Array, most: number): Buffer {
  let unpacked: Buffer = Buffer.alloc(0);
  for (let length = 4096; unpacked.length < most; length *= 2) {
    try {
      unpacked = unpack(bytes.subarray(0, length), CUT);
    } catch (error) {
      throw translated(error, Math.min(length, bytes.length));
    }
    if (length >= bytes.length) break;
  }
  return unpacked.subarray(0, most);
}
