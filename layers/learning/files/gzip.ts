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
    throw fault.of ?? translated(error, packed, unpacked);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function translated(error: unknown, packed: number, unpacked: number): unknown {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) return error;
  const place = `after ${unpacked} unpacked bytes (${packed} bytes of the file)`;
  return error.code === 'Z_BUF_ERROR'
    ? fileFault(`must be a whole gzip file; it ends early, ${place}: pack it or upload it again`)
    : fileFault(`must be a gzip file; it is damaged ${place}: ${error.message}`);
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
      throw translated(error, bytes.length, unpacked.length);
    }
    if (length >= bytes.length) break;
  }
  return unpacked.subarray(0, most);
}
