import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { uniformStream } from '#engine/random.ts';
import { imageHeader } from '#learning/image/header.ts';
import { isWhole } from '#learning/image/whole.ts';
import { greyBmp } from './world.ts';

const SIDE = 48;
const uniform = uniformStream(1, 'pixels');
const pixels = Buffer.from(Array.from({ length: SIDE * SIDE * 3 }, () => Math.floor(256 * uniform())));
const picture = () => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });

const formats: readonly [string, () => Promise<Buffer>][] = [
  ['jpeg', () => picture().jpeg().toBuffer()],
  ['progressive jpeg', () => picture().jpeg({ progressive: true }).toBuffer()],
  ['png', () => picture().png().toBuffer()],
  ['png of a palette', () => picture().png({ palette: true }).toBuffer()],
  ['webp', () => picture().webp().toBuffer()],
  ['webp without loss', () => picture().webp({ lossless: true }).toBuffer()],
  ['gif', () => picture().gif().toBuffer()],
  ['bmp', async () => greyBmp(SIDE, SIDE, (x, y) => x + y)],
];

const whole = (bytes: Uint8Array) => isWhole(bytes, imageHeader(bytes)!);

describe.each(formats)('an image as %s', (_, made) => {
  test('has its end, also with something behind it', async () => {
    const bytes = await made();
    expect(whole(bytes)).toBe(true);
    expect(whole(Buffer.concat([bytes, Buffer.alloc(100)]))).toBe(true);
  });

  test('that is cut off anywhere has none', async () => {
    const bytes = await made();
    for (const share of [0.3, 0.5, 0.9, 0.99]) expect(whole(bytes.subarray(0, share * bytes.length))).toBe(false);
  });
});

test('the end of a thumbnail is not that of its image', async () => {
  const [bytes, thumbnail] = [await picture().jpeg().toBuffer(), await picture().resize(8).jpeg().toBuffer()];
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), thumbnail]);
  segment.writeUInt16BE(segment.length - 2, 2);
  const nested = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
  expect(whole(nested)).toBe(true);
  expect(whole(nested.subarray(0, nested.length / 2))).toBe(false);
});
