/** Decodes images to 8 bits a channel, grey or in colour, with the bytes that Pillow gives. */
import { LIMITS } from '#domain/limits.ts';
import { MemoryRoom } from '#domain/memory-room.ts';
import { BmpError, decodeBmp } from './bmp.ts';
import { IMAGE_FORMATS, type ImageHeader, imageHeader } from './header.ts';
import type { Pixels } from './pixels.ts';

/** The message completes the sentence "the image …". */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

const { bytes: BYTES, pixels: PIXELS } = LIMITS.image;

/** Pixels that are decoded at once: each has up to 15 bytes meanwhile, and a file of a few kilobytes may have all of them. */
const room = new MemoryRoom(PIXELS);

/** Refuses what would fill the memory, before it is decoded. Throws `ImageError`. */
export function expectImage(file: Uint8Array): ImageHeader {
  if (file.length > BYTES) throw new ImageError(`must have at most ${BYTES} bytes; got ${file.length}`);
  const header = imageHeader(file);
  if (!header) throw new ImageError(`must be an image (${IMAGE_FORMATS.join(', ')}) that says its size`);
  const { width, height } = header;
  if (width < 1 || height < 1 || width * height > PIXELS) {
    throw new ImageError(`must have between 1 and ${PIXELS} pixels; got ${width} × ${height}`);
  }
  return header;
}

/**
 * The first frame, turned as its orientation says. Colour profiles and transparency are ignored.
 * @throws ImageError
 */
export async function decodeImage(file: Uint8Array): Promise<Pixels> {
  const { format, width, height } = expectImage(file);
  using _ = await room.enter(width * height);
  if (format === 'bmp') return bmp(file);
  // Only functions that decode images have it.
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(file, { ignoreIcc: true, failOn: 'truncated', limitInputPixels: PIXELS }).autoOrient();
    const { space, depth } = await image.metadata();
    const isDeep = depth === 'ushort';
    const colours = COLOURS[space] ?? 'srgb';
    const raw = (colours === 'cmyk' ? image.pipelineColourspace('cmyk') : image)
      .toColourspace(colours)
      .raw({ depth: isDeep ? 'ushort' : 'uchar' });
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      ...withoutAlpha(isDeep ? highBytes(data) : data, info.channels, colours),
    };
  } catch (error) {
    throw new ImageError(`cannot be decoded: it is a ${format}, and its data are damaged${saidBy(error)}`, {
      cause: error,
    });
  }
}

/** What the decoder found, in brackets, if it names it. */
function saidBy(error: unknown): string {
  const [said = ''] = error instanceof Error ? error.message.split('\n') : [];
  return said === '' || said === 'Unknown error' ? '' : ` (${said})`;
}

/** How libvips calls what a file has, and what it is to give. */
const COLOURS: Readonly<Record<string, string>> = {
  'b-w': 'b-w',
  grey16: 'grey16',
  rgb16: 'rgb16',
  cmyk: 'cmyk',
};

function bmp(file: Uint8Array): Pixels {
  try {
    return decodeBmp(file);
  } catch (error) {
    if (error instanceof BmpError) throw new ImageError(error.message, { cause: error });
    throw error;
  }
}

function highBytes(data: Buffer): Uint8Array {
  const bytes = new Uint8Array(data.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = data.readUInt16LE(2 * i) >>> 8;
  return bytes;
}

function withoutAlpha(data: Uint8Array, given: number, colours: string): Pick<Pixels, 'channels' | 'data'> {
  const channels = given < 3 ? 1 : 3;
  if (given === channels) return { channels, data };
  const count = data.length / given;
  const kept = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      const value = data[i * given + c]!;
      kept[i * channels + c] = colours === 'cmyk' ? printed(value, data[i * given + 3]!) : value;
    }
  }
  return { channels, data: kept };
}

/** Light that ink and black leave, with Pillow's rounding. */
function printed(ink: number, black: number): number {
  const left = 255 - black;
  const product = ink * left + 128;
  return Math.max(0, left - (((product >> 8) + product) >> 8));
}
