/** What an image says before its pixels: its format and its size. Nothing is decoded. */
import { isTurned } from './orientation.ts';

export const IMAGE_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'bmp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export interface ImageHeader {
  readonly format: ImageFormat;
  /** As it is shown: after its orientation. */
  readonly width: number;
  readonly height: number;
  /** Whether all pixels are grey, as far as the header says. */
  readonly grey: boolean;
}

/** `undefined`: no image of these formats, or one that is cut off before it says its size. */
export function imageHeader(file: Uint8Array): ImageHeader | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const format = IMAGE_FORMATS.find((one) => SIGNATURES[one](bytes));
  try {
    return format && { format, ...shownAs(readers[format](bytes), isTurnedIn(bytes, format)) };
  } catch (error) {
    if (isCutOff(error)) return undefined;
    throw error;
  }
}

const shownAs = (read: Read, turned: boolean): Read =>
  turned ? { ...read, width: read.height, height: read.width } : read;

/** Of EXIF that is damaged, nothing counts. */
function isTurnedIn(bytes: Buffer, format: ImageFormat): boolean {
  try {
    return isTurned(bytes, format);
  } catch (error) {
    if (isCutOff(error)) return false;
    throw error;
  }
}

/** Whether a `Buffer` was read beyond its end. By name: an error of Node's own may be of another realm. */
export const isCutOff = (error: unknown): boolean => (error as Partial<Error> | undefined)?.name === 'RangeError';

const begins = (bytes: Buffer, latin1: string, at = 0): boolean =>
  bytes.toString('latin1', at, at + latin1.length) === latin1;

const SIGNATURES: Readonly<Record<ImageFormat, (bytes: Buffer) => boolean>> = {
  jpeg: (bytes) => begins(bytes, '\xff\xd8\xff'),
  png: (bytes) => begins(bytes, '\x89PNG\r\n\x1a\n'),
  webp: (bytes) => begins(bytes, 'RIFF') && begins(bytes, 'WEBP', 8),
  gif: (bytes) => begins(bytes, 'GIF87a') || begins(bytes, 'GIF89a'),
  bmp: (bytes) => begins(bytes, 'BM'),
};

type Read = Omit<ImageHeader, 'format'>;

/** Each throws `RangeError` where the file ends before its size. */
const readers: Readonly<Record<ImageFormat, (bytes: Buffer) => Read>> = {
  jpeg,
  png: (bytes) => ({
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    grey: [0, 4].includes(bytes.readUInt8(25)),
  }),
  webp,
  gif: (bytes) => ({ width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), grey: false }),
  // A negative height means that the first row is the top one.
  bmp: (bytes) => ({ width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)), grey: false }),
};

/** Segments, each with a marker and its length, up to the one that begins a frame. */
function jpeg(bytes: Buffer): Read {
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) throw new RangeError('a marker must begin with 0xff');
    const marker = bytes.readUInt8(at + 1);
    const isFill = marker === 0xff;
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (isFill || isAlone) at += isFill ? 1 : 2;
    else if (isFrame(marker)) {
      return {
        height: bytes.readUInt16BE(at + 5),
        width: bytes.readUInt16BE(at + 7),
        grey: bytes.readUInt8(at + 9) === 1,
      };
    } else at += 2 + bytes.readUInt16BE(at + 2);
  }
}

/** SOF0 to SOF15, of whose numbers three are of other segments. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function webp(bytes: Buffer): Read {
  if (begins(bytes, 'VP8 ', 12)) {
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, grey: false };
  }
  if (begins(bytes, 'VP8L', 12)) {
    const bits = bytes.readUInt32LE(21);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff), grey: false };
  }
  return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3), grey: false };
}
