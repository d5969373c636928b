/** Against what Pillow reads in the same files: `test/fixtures/images/record.py`. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodeImage, expectImage } from '#learning/image/decode.ts';
import { imageHeader } from '#learning/image/header.ts';
import { type Channels, type Pixels, withChannels } from '#learning/image/pixels.ts';
import { resized } from '#learning/image/resize.ts';

interface Expected {
  readonly size: readonly [number, number];
  readonly rgb: string;
  readonly grey: string;
  readonly rgb_4x3: string;
  readonly grey_11x9: string;
}

const file = (name: string): Buffer => readFileSync(new URL(`../../fixtures/images/${name}`, import.meta.url));
const expected: Readonly<Record<string, Expected>> = JSON.parse(file('pillow.json').toString('utf8'));
const base64 = ({ data }: Pixels): string => Buffer.from(data).toString('base64');
const changed = async (name: string, channels: Channels) => withChannels(await decodeImage(file(name)), channels);

describe('an image', () => {
  // Pillow makes everything but the darkest pixels of 16-bit grey white.
  const names = Object.keys(expected).filter((name) => name !== 'grey-16.png');

  test.each(names)('%s has the pixels that Pillow reads, in colour and in grey', async (name) => {
    const { size, rgb, grey } = expected[name]!;
    const image = await changed(name, 3);
    expect([image.width, image.height]).toEqual(size);
    expect(base64(image)).toBe(rgb);
    expect(base64(await changed(name, 1))).toBe(grey);
  });

  test.each(names)('%s is scaled to the pixels that Pillow gives', async (name) => {
    const { rgb_4x3, grey_11x9 } = expected[name]!;
    expect(base64(resized(await changed(name, 3), 4, 3))).toBe(rgb_4x3);
    const grey = resized(await changed(name, 1), 11, 9);
    const wanted = Buffer.from(grey_11x9, 'base64');
    // Of this one, Pillow scales the height first.
    if (name !== 'orientation-6.jpg') expect(base64(grey)).toBe(grey_11x9);
    else expect(Math.max(...grey.data.map((value, i) => Math.abs(value - wanted[i]!)))).toBe(1);
  });

  test('of 16 bits in grey has their upper bytes', async () => {
    const [deep, usual] = [await decodeImage(file('grey-16.png')), await decodeImage(file('grey.png'))];
    const near = [...deep.data].map((value, i) => usual.data[i]! - value);
    expect(Math.max(...near)).toBeLessThanOrEqual(1);
    expect(Math.min(...near)).toBeGreaterThanOrEqual(0);
  });
});

describe('the beginning of an image', () => {
  test.each(Object.keys(expected))('of %s says its size', (name) => {
    const { width, height } = imageHeader(file(name))!;
    expect([width, height]).toEqual(expected[name]!.size);
  });

  test.each(
    (['jpeg', 'png', 'webp'] as const).flatMap((format) =>
      Array.from({ length: 8 }, (_, i) => [format, i + 1] as const),
    ),
  )('of a %s of orientation %i says the size that it is shown in', async (format, orientation) => {
    const blank = sharp({ create: { width: 6, height: 4, channels: 3, background: '#808080' } });
    const bytes = await blank.withMetadata({ orientation }).toFormat(format).toBuffer();
    const { width, height } = await decodeImage(bytes);
    expect([width, height]).toEqual(orientation < 5 ? [6, 4] : [4, 6]);
    expect(imageHeader(bytes)).toMatchObject({ width, height });
  });

  test('with EXIF that is damaged says its size as it is stored', () => {
    const bytes = Buffer.from(file('orientation-6.jpg'));
    const stored = imageHeader(bytes)!;
    // The place of the first directory.
    bytes.fill(0xff, bytes.indexOf('Exif\0\0') + 10, bytes.indexOf('Exif\0\0') + 14);
    expect(imageHeader(bytes)).toMatchObject({ width: stored.height, height: stored.width });
  });

  test('says whether it is grey', () => {
    const grey = ['grey.png', 'grey.jpg', 'grey-alpha.png', 'grey-16.png', 'one-bit.png'];
    expect(
      Object.keys(expected)
        .filter((name) => imageHeader(file(name))!.grey)
        .sort(),
    ).toEqual(grey.sort());
  });
});

describe('what is refused', () => {
  const png = (width: number, height: number): Buffer => {
    const bytes = Buffer.from(file('rgb.png'));
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    return bytes;
  };

  test('an image of absurd size, before anything is decoded', async () => {
    await expect(decodeImage(png(100_000, 100_000))).rejects.toThrow(
      'must have between 1 and 64000000 pixels; got 100000 × 100000',
    );
    expect(() => expectImage(png(0, 5))).toThrow(/got 0 × 5/);
  });

  test.each([
    ['a text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['a JPEG that ends before its size', Buffer.from(file('rgb.jpg').subarray(0, 20))],
    ['a PNG that ends before its size', Buffer.from(file('rgb.png').subarray(0, 12))],
  ])('%s', async (_, bytes) => {
    await expect(decodeImage(bytes)).rejects.toThrow(/must be an image \(jpeg, png, webp, gif, bmp\)/);
  });

  test.each(['rgb.jpg', 'rgb.png', 'lossless.webp', 'rgb.bmp'])('%s without its second half', async (name) => {
    const bytes = file(name);
    await expect(decodeImage(bytes.subarray(0, bytes.length / 2))).rejects.toThrow(/cannot be decoded|is cut off/);
  });

  test.each([
    ['rgb.png', 60, 'png'],
    ['rgb.jpg', 400, 'jpeg'],
    ['lossless.webp', 40, 'webp'],
  ])('%s with damaged data, by its format', async (name, from, format) => {
    const bytes = Buffer.from(file(name));
    bytes.fill(0xff, from, bytes.length - 16);
    await expect(decodeImage(bytes)).rejects.toThrow(`cannot be decoded: it is a ${format}, and its data are damaged`);
  });

  test('a BMP with compression', async () => {
    const bytes = Buffer.from(file('palette.bmp'));
    bytes.writeUInt32LE(1, 30);
    await expect(decodeImage(bytes)).rejects.toThrow('must be without compression; got method 1');
  });
});
