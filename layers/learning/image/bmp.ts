/** Decodes BMP, which libvips does not read: 1, 4, 8, 24 and 32 bits a pixel, without compression. */
import { isCutOff } from './header.ts';
import type { Pixels } from './pixels.ts';

/** The message completes the sentence "the image …". */
export class BmpError extends Error {
  override readonly name = 'BmpError';
}

const PALETTE_BITS = [1, 4, 8];
const UNCOMPRESSED = 0;
/** Masks say where a pixel's channels are; those of every program are in the usual order. */
const BIT_FIELDS = 3;

/** @throws BmpError */
export function decodeBmp(file: Uint8Array): Pixels {
  try {
    return decoded(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  } catch (error) {
    if (isCutOff(error)) throw new BmpError('is cut off', { cause: error });
    throw error;
  }
}

function decoded(bytes: Buffer): Pixels {
  const [start, headerSize] = [bytes.readUInt32LE(10), bytes.readUInt32LE(14)];
  if (headerSize < 40) throw new BmpError(`must have a header of at least 40 bytes; got ${headerSize}`);
  const [width, signed] = [bytes.readInt32LE(18), bytes.readInt32LE(22)];
  const [bits, compression] = [bytes.readUInt16LE(28), bytes.readUInt32LE(30)];
  const height = Math.abs(signed);
  if (compression !== UNCOMPRESSED && !(compression === BIT_FIELDS && bits === 32)) {
    throw new BmpError(`must be without compression; got method ${compression}`);
  }
  const colours = PALETTE_BITS.includes(bits) ? palette(bytes, 14 + headerSize, bits) : undefined;
  if (!colours && bits !== 24 && bits !== 32) {
    throw new BmpError(`must have 1, 4, 8, 24 or 32 bits a pixel; got ${bits}`);
  }
  const stride = Math.ceil((width * bits) / 32) * 4;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = start + (signed > 0 ? height - 1 - y : y) * stride;
    for (let x = 0; x < width; x++) {
      const at = colours ? colours[indexAt(bytes, row, x, bits)] : row + (x * bits) / 8;
      if (at === undefined) throw new BmpError('has a pixel whose colour is not in its palette');
      // Blue, green, red.
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = bytes.readUInt8(at + 2 - c);
    }
  }
  return { width, height, channels: 3, data };
}

/** The places of the colours. */
function palette(bytes: Buffer, at: number, bits: number): number[] {
  const given = bytes.readUInt32LE(46);
  return Array.from({ length: Math.min(given === 0 ? 2 ** bits : given, 2 ** bits) }, (_, i) => at + 4 * i);
}

const indexAt = (bytes: Buffer, row: number, x: number, bits: number): number => {
  const bit = x * bits;
  return (bytes.readUInt8(row + (bit >>> 3)) >>> (8 - bits - (bit & 7))) & (2 ** bits - 1);
};
