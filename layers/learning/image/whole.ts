/** Whether an image has its end, by the structure of its format: what is cut off in the middle is found without decoding it. */
import { type ImageFormat, type ImageHeader, isCutOff } from './header.ts';

/** @param file an image of which the header was read */
export function isWhole(file: Uint8Array, { format }: Pick<ImageHeader, 'format'>): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  try {
    return readers[format](bytes);
  } catch (error) {
    if (isCutOff(error)) return false;
    throw error;
  }
}

/** Each throws `RangeError` where the file ends before what it says follows. */
const readers: Readonly<Record<ImageFormat, (bytes: Buffer) => boolean>> = {
  jpeg,
  png,
  gif,
  webp: (bytes) => 8 + bytes.readUInt32LE(4) <= bytes.length,
  bmp: (bytes) => {
    const [start, width, height] = [bytes.readUInt32LE(10), bytes.readInt32LE(18), Math.abs(bytes.readInt32LE(22))];
    const stride = Math.ceil((width * bytes.readUInt16LE(28)) / 32) * 4;
    return start + stride * height <= bytes.length;
  },
};

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** After the first scan begins: before it, there may be a thumbnail with an end of its own. In a scan, 0xff is escaped. */
function jpeg(bytes: Buffer): boolean {
  for (let at = 2; ; ) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === START_OF_SCAN) return bytes.lastIndexOf(END_OF_IMAGE) > at;
    const isFill = marker === 0xff;
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (isFill || isAlone) at += isFill ? 1 : 2;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
}

/** Chunks of a length, a type, so many bytes and a checksum. */
function png(bytes: Buffer): boolean {
  for (let at = 8; ; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true;
  }
}

const GIF_HEADER = 13;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** To the end of the first frame: no other is used. */
function gif(bytes: Buffer): boolean {
  for (let at = GIF_HEADER + paletteOf(bytes.readUInt8(10)); ; ) {
    const kind = bytes.readUInt8(at);
    if (kind === TRAILER) return false;
    const isImage = kind === IMAGE;
    // An image's place and size, its palette and the width of its codes; or an extension's label.
    at = afterBlocks(bytes, isImage ? at + 11 + paletteOf(bytes.readUInt8(at + 9)) : at + 2);
    if (isImage) return true;
  }
}

const paletteOf = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

/** Behind blocks of a length and so many bytes; the last is of none. */
function afterBlocks(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    const length = bytes.readUInt8(at);
    at += 1 + length;
    if (length === 0) return at;
  }
}
