/** What no training could read: the message names the entry, or the row of the manifest. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { image } from '#learning/image/kind.ts';
import { kindFor } from '#learning/kinds.ts';
import type { Serving } from '#learning/serving/description.ts';
import type { Input } from '#learning/serving/input.ts';
import { families } from '#zoo/registry.ts';
import { greyBmp, npyOf, type Packed, withSource, zipOf } from './world.ts';

const bmp = greyBmp(4, 4, (x, y) => 16 * x + y);
const file = (name: string, bytes: Uint8Array = bmp): Packed => ({ name, bytes });
const text = (name: string, of: string): Packed => file(name, Buffer.from(of));

const bytesOf = ({ buffer }: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>) => Buffer.from(buffer);

const faultOf = (bytes: Uint8Array, options: { readonly target?: string; readonly task?: 'regression' } = {}) =>
  withSource(bytes, async (source) => {
    try {
      await image.profile(source, { task: 'auto', ...options });
    } catch (error) {
      if (error instanceof ValidationError)
        return error.details.map(({ field, message }) => `${field} ${message}`).join();
      throw error;
    }
    return 'nothing';
  });

function huge(): Buffer {
  const bytes = Buffer.from(bmp);
  bytes.writeInt32LE(60_000, 18);
  bytes.writeInt32LE(60_000, 22);
  return bytes;
}

/** A PNG's first bytes. */
function hugePng(): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  bytes.writeUInt32BE(100_000, 16);
  bytes.writeUInt32BE(100_000, 20);
  return bytes;
}

/** Of files of a few hundred bytes. */
const HEADERS: readonly [string, number[], RegExp][] = [
  ['<f2', [400_000_000, 0, 5], /must have images of at least one pixel; got the shape \[400000000, 0, 5\]/],
  ['|u1', [0, 4, 4], /must have images; got 0/],
  ['|u1', [4, 30_000, 30_000], /must have the numbers that its shape \[4, 30000, 30000\] says; got fewer/],
  ['|u1', [4, 225_000_000], /must have the numbers that its shape .* says; got fewer/],
  ['|u1', [60, 99_999_999, 99_999_999], /must have the numbers that its shape .* says; got fewer/],
  ['<f8', [4, 2, 2], /must have the numbers that its shape \[4, 2, 2\] says; got fewer/],
];

/** Each of 1,000 characters. */
function differentTexts(count: number): Buffer {
  const bytes = Buffer.alloc(count * 1000, 'x');
  for (let i = 0; i < count; i++) bytes.write(`${i}`.padStart(8, '0'), i * 1000);
  return npyOf('|S1000', [count], bytes);
}

describe('a ZIP is refused', () => {
  test.each<[string, Packed[], RegExp]>([
    ['without images', [text('README.txt', 'x')], /must have images in it; got 1 other files/],
    ['with one class', [file('a/1.bmp'), file('a/2.bmp')], /between 2 and 1000 classes; got 1: "a"/],
    [
      'with an image outside of folders',
      [file('a/1.bmp'), file('2.bmp')],
      /entry "2.bmp" of the ZIP must lie in a folder/,
    ],
    ['with a file that is no image', [file('a/1.bmp'), text('b/2.png', 'x')], /image "b\/2.png" must be an image/],
    ['with an absurd image', [file('a/1.bmp'), file('b/2.bmp', huge())], /"b\/2.bmp" .* pixels; got 60000 × 60000/],
    [
      'with a bomb',
      [file('a/1.bmp'), file('b/bomb.bmp', Buffer.alloc(2 ** 25))],
      /entry "b\/bomb.bmp" of the ZIP must unpack to at most 500 times its packed size; got 33554432 bytes/,
    ],
    [
      'with a small file that says it is huge',
      [file('a/1.bmp'), file('b/2.png', hugePng())],
      /"b\/2.png" .* pixels; got 100000 × 100000/,
    ],
    [
      'with an image that is cut off',
      [file('a/1.bmp'), file('b/2.bmp', bmp.subarray(0, bmp.length - 1))],
      /image "b\/2.bmp" is cut off: its end is missing/,
    ],
    [
      'with two manifests',
      [file('1.bmp'), text('a.csv', 'x'), text('b.json', '[]')],
      /at most one manifest.*"a.csv", "b.json"/,
    ],
    [
      'whose manifest has no names',
      [file('1.bmp'), text('m.csv', 'label,x\na,1\n')],
      /manifest "m.csv" must have a column file/,
    ],
    [
      'whose manifest names what is not there',
      [file('1.bmp'), text('m.csv', 'file,label\n1.bmp,a\n2.bmp,b\n')],
      /row 2: the ZIP must have an entry "2.bmp"/,
    ],
    ['whose manifest is no JSON', [file('1.bmp'), text('m.json', '{')], /manifest "m.json" must be JSON/],
    [
      'whose manifest has rows of other kinds',
      [file('1.bmp'), text('m.json', '[{"file":"1.bmp","label":"a"},7]')],
      /row 2: must be an object/,
    ],
    [
      'with a way out of the folder',
      [file('../1.bmp'), file('b/2.bmp')],
      /entry "..\/1.bmp" of the ZIP must lie in the archive/,
    ],
    [
      'whose arrays lack labels',
      [file('x.npy', npyOf('|u1', [1, 4, 4], Buffer.alloc(16)))],
      /must have an array of labels.*got "x"/,
    ],
    [
      'whose arrays are no images',
      [file('x.npy', npyOf('|u1', [2, 5], Buffer.alloc(10))), file('y.npy', npyOf('|u1', [2], Buffer.alloc(2)))],
      /array "x.npy" must be \[images, height, width\].*got \[images, 5\]/,
    ],
    [
      'whose arrays have other lengths',
      [file('x.npy', npyOf('|u1', [2, 4, 4], Buffer.alloc(32))), file('y.npy', npyOf('|u1', [3], Buffer.alloc(3)))],
      /as many images as there are labels, 3; got 2/,
    ],
    [
      'whose arrays are of objects',
      [file('x.npy', npyOf('|O', [2, 4, 4], Buffer.alloc(32))), file('y.npy', npyOf('|u1', [2], Buffer.alloc(2)))],
      /array "x.npy" must be of numbers/,
    ],
    [
      'whose labels are objects',
      [file('x.npy', npyOf('|u1', [2, 4, 4], Buffer.alloc(32))), file('y.npy', npyOf('|O', [2], Buffer.alloc(2)))],
      /array "y.npy" must be of numbers \(.*\) or of texts, such as y.astype\(str\)/,
    ],
    [
      'with more in Fortran order than is held in memory',
      [
        file('x.npy', npyOf('<f4', [2_100_000, 4, 4], Buffer.alloc(32), true)),
        file('y.npy', npyOf('|u1', [2], Buffer.alloc(2))),
      ],
      /array "x.npy" must be in C order \(np.ascontiguousarray makes it so\), or have at most 134217728 bytes; got 134400000/,
    ],
    [
      'with fewer numbers in Fortran order than its shape says',
      [
        file('x.npy', npyOf('<f4', [2, 4, 4], Buffer.alloc(127), true)),
        file('y.npy', npyOf('|u1', [2], Buffer.alloc(2))),
      ],
      /array "x.npy" must have the numbers that its shape \[2, 4, 4\] says; got fewer/,
    ],
    [
      'with more numbers in Fortran order than its shape says',
      [
        file('x.npy', npyOf('<f4', [2, 4, 4], Buffer.alloc(129), true)),
        file('y.npy', npyOf('|u1', [2], Buffer.alloc(2))),
      ],
      /array "x.npy" must have the numbers that its shape \[2, 4, 4\] says; got more/,
    ],
    [
      'with an infinite pixel',
      [
        file('x.npy', npyOf('<f4', [2, 4, 4], bytesOf(Float32Array.from({ length: 32 }, (_, i) => 1 / (i - 21))))),
        file('y.npy', npyOf('|u1', [2], Buffer.from([0, 1]))),
      ],
      /array "x.npy" must have numbers of at most 3.4e38, or NaN, .*; got Infinity in x\[1\]/,
    ],
    [
      'with a pixel beyond 32 bits',
      [
        file('x.npy', npyOf('<f8', [2, 4, 4], bytesOf(Float64Array.from({ length: 32 }, (_, i) => (i ? i : -1e39))))),
        file('y.npy', npyOf('|u1', [2], Buffer.from([0, 1]))),
      ],
      /got -1e\+39 in x\[0\]/,
    ],
    ...HEADERS.map(([type, shape, message]): [string, Packed[], RegExp] => [
      `whose header says [${shape.join(', ')}] of ${type}, before anything of that size is made`,
      [file('x.npy', npyOf(type, shape, Buffer.alloc(64))), file('y.npy', npyOf('|u1', [4], Buffer.alloc(4)))],
      message,
    ]),
    [
      'with more images than are taken',
      [file('x.npy', npyOf('|u1', [4_000_001, 1, 1], Buffer.alloc(4_000_001)))],
      /array "x.npy" must have at most 4000000 images; got 4000001/,
    ],
    [
      'with images of more numbers than are taken',
      [file('x.npy', npyOf('|u1', [1, 4096, 4097], randomBytes(4096 * 4097)))],
      /array "x.npy" must have images of at most 16777216 numbers each; got 16781312/,
    ],
    [
      'whose labels are other ones for too many images',
      [file('x.npy', npyOf('|u1', [17_000, 1, 1], Buffer.alloc(17_000))), file('y.npy', differentTexts(17_000))],
      /array "y.npy" must have labels of at most 16777216 characters/,
    ],
    [
      'whose arrays end early',
      [file('x.npy', npyOf('|u1', [2, 4, 4], Buffer.alloc(32))), file('y.npy', npyOf('<i8', [2], Buffer.alloc(9)))],
      /array "y.npy" must have the numbers that its shape \[2\] says; got fewer/,
    ],
  ])('%s', async (_, files, message) => {
    expect(await faultOf(zipOf(files))).toMatch(message);
  });

  test('where numbers are asked for and labels are words', async () => {
    const fault = await faultOf(zipOf([file('a/1.bmp'), file('b/2.bmp')]), { task: 'regression' });
    expect(fault).toMatch(/^target column "label" must be numeric for regression; got "a" in row 1/);
  });

  test('where its manifest lacks the target that was named', async () => {
    const files = [file('1.bmp'), text('m.csv', 'file,label\n1.bmp,a\n')];
    expect(await faultOf(zipOf(files), { target: 'kind' })).toMatch(/^target must be one of the columns/);
  });
});

test('an array alone is refused with what to save', async () => {
  expect(await faultOf(npyOf('|u1', [2, 4, 4], Buffer.alloc(32)))).toMatch(/np.savez\(file, x=images, y=labels\)/);
});

test('an image that cannot be decoded ends the training with its name', async () => {
  // Whole by its structure: the colour of a pixel is not in its palette.
  const broken = Buffer.alloc(bmp.length + 4);
  bmp.copy(broken);
  broken.writeUInt16LE(8, 28);
  broken.writeUInt32LE(1, 46);
  const files = ['a/1', 'a/2', 'b/3', 'b/4'].map((name) => file(`${name}.bmp`, name === 'b/4' ? broken : bmp));
  await withSource(zipOf(files), async (source) => {
    const profile = await image.profile(source, { task: 'auto' });
    const preparing = image.prepare(source, profile, { validationSplit: 0, seed: 0 });
    await expect(preparing).rejects.toThrow(TrainingFailure);
    await expect(preparing).rejects.toThrow('The image "b/4.bmp" has a pixel whose colour is not in its palette');
    await expect(
      image.prepare(source, { ...profile, sha256: 'other' }, { validationSplit: 0, seed: 0 }),
    ).rejects.toThrow('its bytes have changed');
    expect(kindFor(families.mlp!, profile)).toBeUndefined();
  });
});

describe('a request for a model of images is refused', () => {
  const serving = (values: 'bytes' | 'numbers', more: object = {}): Serving => ({
    format: 1,
    kind: 'image',
    task: 'classification',
    target: 'label',
    features: [],
    classes: ['a', 'b'],
    input: { channels: 3, height: 4, width: 5, values, ...more },
  });
  const messages = async (of: Serving, ...inputs: Input[]) => {
    try {
      await image.tensors(of, inputs);
    } catch (error) {
      if (error instanceof ValidationError) return error.details.map(({ field, message }) => `${field} ${message}`);
      throw error;
    }
    return [];
  };

  test('with what is no image', async () => {
    expect(await messages(serving('bytes'), 'hello world!', 'aGVsbG8=', [[1, 2]], [1, 2], { a: 1 })).toEqual([
      'inputs[0] must be an image as base64, as a data URL, or as arrays of numbers; got "hello world!"',
      'inputs[1] must be an image (jpeg, png, webp, gif, bmp) that says its size',
      'inputs[2] must be an array [4, 5, 3] or [3, 4, 5], or of 60 numbers; got [1, 2]',
      'inputs[3] must be an array [4, 5, 3] or [3, 4, 5], or of 60 numbers; got [2]',
      'inputs[4] must be an image as base64, as a data URL, or as arrays of numbers; got an object',
    ]);
  });

  test('with more images than memory has room for', async () => {
    const of = serving('bytes', { height: 512, width: 512 });
    expect(await messages(of, ...Array.from({ length: 100 }, () => 'a'))).toEqual([
      'inputs must have at most 85 images of this size at once; got 100',
    ]);
  });

  test('with more pixels in all files than one may have, before any of them is decoded', async () => {
    const says = (width: number, height: number) => {
      const bytes = hugePng();
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      return bytes.toString('base64');
    };
    const [half, one] = [says(8000, 4000), says(1, 1)];
    expect(await messages(serving('bytes'), half, half, one)).toEqual([
      'inputs must have at most 64000000 pixels in all files together; got 64000001',
    ]);
    const damaged = (i: number) => expect.stringMatching(`^inputs\\[${i}\\] cannot be decoded: it is a png`);
    expect(await messages(serving('bytes'), half, half)).toEqual([damaged(0), damaged(1)]);
    expect(await messages(serving('bytes'), half, says(100_000, 100_000), half)).toEqual([
      damaged(0),
      'inputs[1] must have between 1 and 64000000 pixels; got 100000 × 100000',
      damaged(2),
    ]);
  });

  test('with values that are no pixels', async () => {
    const flat = (value: unknown) => Array.from({ length: 60 }, () => value) as Input;
    expect(await messages(serving('bytes'), flat(256), flat('x'), flat(null))).toEqual([
      'inputs[0] must have numbers from 0 to 255; got 256',
      'inputs[1] must have numbers from 0 to 255; got "x"',
      'inputs[2] must have numbers from 0 to 255; got null',
    ]);
    expect(await messages(serving('numbers'), flat(-7.5), flat(null))).toEqual([]);
    expect(await messages(serving('numbers'), 'aGVsbG8=')).toEqual([
      'inputs[0] must be an array [4, 5, 3] or [3, 4, 5], or of 60 numbers, in the unit of the model\'s data: as those are not numbers from 0 to 255 with 255 among them, it is not known which numbers a file would be; got "aGVsbG8="',
    ]);
  });

  test('with a text that the column of the pixel cannot have, which is otherwise read as the file was', async () => {
    const format = { decimal: ',', units: ['mV'] } as const;
    const input = { channels: 1, height: 1, width: 2, values: 'numbers', columns: ['p', 'q'], formats: { p: format } };
    const of: Serving = {
      ...{ format: 1, kind: 'image', task: 'regression', target: 'y', classes: [], features: [] },
      input,
    };
    const rows = [{ p: '1,5 mV', q: '1.5' }, ['0,25', 'n/a'], { p: 2, q: null }];
    expect((await image.tensors(of, rows)).image!.data).toEqual(
      Float32Array.of(1.5, 1.5, 0.25, Number.NaN, 2, Number.NaN),
    );
    await expect(async () => image.tensors(of, [{ p: '1 V', q: 1 }, [1, '1,5']])).rejects.toMatchObject({
      details: [
        { field: 'inputs[0]', message: 'must have a number (in mV) for the column "p", or null; got "1 V"' },
        { field: 'inputs[1]', message: expect.stringContaining('must have a number for the column "q"') },
      ],
    });
  });

  test('with columns that the table did not have', async () => {
    const columns = Array.from({ length: 60 }, (_, i) => `p${i}`);
    const of = serving('numbers', { columns });
    const row = Object.fromEntries(columns.map((name, i) => [name, i]));
    expect(await messages(of, row)).toEqual([]);
    expect(await messages(of, { ...row, q: 1 })).toEqual(['inputs[0] must have the columns of the data; got "q"']);
    expect(image.columns(of)).toHaveLength(60);
    expect(image.columns(serving('bytes'))).toBeUndefined();
  });
});
