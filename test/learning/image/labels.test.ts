/** Labels of images are read as the target of a table is, and what is odd about the images is said. */
import { describe, expect, test } from '@jest/globals';
import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import { ValidationError } from '#domain/errors.ts';
import { expectTensor } from '#engine/tensor.ts';
import { batchRows } from '#learning/batch/rows.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { isSharded } from '#learning/fit/rows.ts';
import { image } from '#learning/image/kind.ts';
import { imageTensors } from '#learning/image/tensors.ts';
import { inspectBeginning } from '#learning/preview.ts';
import type { ProfileOptions } from '#learning/profile/profile.ts';
import type { Serving } from '#learning/serving/description.ts';
import type { Input } from '#learning/serving/input.ts';
import { greyBmp, npyOf, type Packed, withSource, zipOf } from './world.ts';

/** Each is another one. */
const picture = (i: number): Buffer => greyBmp(4, 4, (x, y) => (16 * x + y + 7 * i) % 256);

const manifest = (labels: readonly string[], names = labels.map((_, i) => `${i}.bmp`)): Packed[] => [
  ...labels.map((_, i) => ({ name: `${i}.bmp`, bytes: picture(i) })),
  {
    name: 'm.csv',
    bytes: Buffer.from(`file,label\n${labels.map((label, i) => `${names[i]},"${label}"`).join('\n')}\n`),
  },
];

const profileOf = (bytes: Uint8Array, options: Partial<ProfileOptions> = {}) =>
  withSource(bytes, (source) => image.profile(source, { task: 'auto', ...options }));

const said = async (bytes: Uint8Array, options: Partial<ProfileOptions> = {}) =>
  ((await profileOf(bytes, options)).warnings ?? []).map(({ code, rows, first_value, first_row }) => ({
    ...{ code, rows, first_value, first_row },
  }));

/** The targets of the images to learn from, which are all in the order of the file. */
const learned = (bytes: Uint8Array, options: Partial<ProfileOptions> = {}) =>
  withSource(bytes, async (source) => {
    const profile = await image.profile(source, { task: 'auto', ...options });
    const { data, preparation, rows } = await image.prepare(source, profile, { validationSplit: 0, seed: 1 });
    if (isSharded(data.training)) throw new Error('they lie on disk');
    return { y: data.training.y!.data, preparation, rows: rows.training };
  });

const repeated = (values: readonly string[], rows = 24) =>
  Array.from({ length: rows }, (_, i) => values[i % values.length]!);

describe('labels of images', () => {
  test('are one class where they are the same number or truth value, which is said', async () => {
    const bytes = zipOf(manifest(repeated(['1', '1.0', '0'])));
    expect(await profileOf(bytes)).toMatchObject({
      task: 'classification',
      classes: [
        { value: '1', count: 16 },
        { value: '0', count: 8 },
      ],
    });
    expect(await said(bytes)).toMatchObject([{ code: 'classes_merged', first_value: '1.0', first_row: 2 }]);
    const { y, preparation } = await learned(bytes);
    expect(preparation.classes).toEqual(['0', '1']);
    expect([...y.slice(0, 3)]).toEqual([1, 1, 0]);
    expect((await profileOf(zipOf(manifest(repeated(['True', 'true', 'FALSE']))))).classes).toHaveLength(2);
  });

  test('are numbers where most are, and a word for "no value" among them is left out', async () => {
    const labels = Array.from({ length: 24 }, (_, i) => (i === 5 ? '#N/A' : String(i + 0.5)));
    const bytes = zipOf(manifest(labels));
    expect(await profileOf(bytes)).toMatchObject({ task: 'regression', rows: 24, rows_without_target: 1 });
    expect(await said(bytes)).toMatchObject([
      { code: 'target_rows_left_out', rows: 1, first_value: '#N/A', first_row: 6 },
    ]);
    const { rows, preparation } = await learned(bytes);
    expect(rows).toBe(23);
    expect(preparation.scale.mean).toBeCloseTo((24 * 12 - 5.5) / 23, 10);
  });

  test('with units or two possible decimal marks are read as those of a table', async () => {
    const units = await profileOf(zipOf(manifest(repeated(['1 kg', '2000 g']))));
    expect(units.classes?.map(({ value }) => value).sort()).toEqual(['1 kg', '2000 g']);
    const open = zipOf(manifest(Array.from({ length: 24 }, (_, i) => `${i + 1},500`)));
    expect(await said(open)).toMatchObject([{ code: 'decimal_ambiguous', first_value: '1,500' }]);
    const said1 = await learned(open, { parsing: { columns: { label: { decimal: ',' } } } });
    expect(said1.preparation.scale.mean).toBeCloseTo(13, 10);
    const commas = await learned(zipOf(manifest(Array.from({ length: 24 }, (_, i) => `${i},5`))));
    expect(commas.preparation).toMatchObject({ task: 'regression', scale: { mean: 12 } });
  });

  test('may be called missing by their owner', async () => {
    const bytes = zipOf(manifest(repeated(['0', '1', '2'])));
    const parsing: ParsingOptions = { columns: { label: { missing: ['0'] } } };
    expect(await profileOf(bytes, { parsing })).toMatchObject({ rows_without_target: 8, classes: { length: 2 } });
    expect((await learned(bytes, { parsing })).rows).toBe(16);
  });

  test('are the only thing that may be said of columns', async () => {
    const bytes = zipOf(manifest(repeated(['a', 'b'])));
    const fault = (columns: NonNullable<ParsingOptions['columns']>) =>
      inspectBeginning(bytesInMemory(bytes), { parsing: { columns }, task: 'auto' }).catch((error: unknown) =>
        error instanceof ValidationError ? error.details : error,
      );
    expect(await fault({ size: { type: 'number' } })).toMatchObject([{ field: 'columns.size' }]);
    expect(await fault({ label: { role: 'ignore' } })).toMatchObject([{ field: 'columns.label.role' }]);
    expect(await fault({ label: { separator: '|' } })).toMatchObject([{ field: 'columns.label.separator' }]);
    const dialect = { parsing: { delimiter: ';' }, task: 'auto' } as const;
    await expect(inspectBeginning(bytesInMemory(bytes), dialect)).rejects.toMatchObject({
      details: [{ field: 'delimiter', message: expect.stringContaining('left out for images') }],
    });
    expect(await fault({ label: { missing: ['a'] } })).toMatchObject([
      { field: 'target', message: expect.stringContaining('got 1: "b"') },
    ]);
  });

  test('of folders are classes, whatever they are called', async () => {
    const files = Array.from({ length: 44 }, (_, i) => ({ name: `${i % 22}/${i}.bmp`, bytes: picture(i) }));
    expect(await profileOf(zipOf(files))).toMatchObject({ task: 'classification', classes: { length: 22 } });
  });

  test('of an array are missing where they are NaN', async () => {
    const y = Float64Array.from({ length: 12 }, (_, i) => (i === 4 ? Number.NaN : i % 2));
    const x = Uint8Array.from({ length: 12 * 16 }, (_, i) => (i * i) % 251);
    const bytes = zipOf([
      { name: 'x.npy', bytes: npyOf('|u1', [12, 4, 4], x) },
      { name: 'y.npy', bytes: npyOf('<f8', [12], Buffer.from(y.buffer)) },
    ]);
    expect(await profileOf(bytes)).toMatchObject({ rows_without_target: 1, classes: { length: 2 } });
    expect(await said(bytes)).toMatchObject([{ code: 'target_rows_left_out', first_value: 'x[4]', first_row: 5 }]);
    expect((await learned(bytes)).rows).toBe(11);
  });
});

describe('a dataset of images says', () => {
  test('that images have no label, that a class has one, and which the manifest does not name', async () => {
    const labels = repeated(['a', 'b', '']).with(23, 'alone');
    const files = [...manifest(labels), { name: 'more.bmp', bytes: picture(99) }];
    expect(await said(zipOf(files))).toEqual([
      { code: 'target_rows_left_out', rows: 7, first_value: '2.bmp', first_row: 3 },
      { code: 'images_not_listed', rows: 1, first_value: 'more.bmp', first_row: null },
      { code: 'rare_class', rows: 1, first_value: 'alone', first_row: 24 },
    ]);
  });

  test('that an image is there twice, with two labels or with one', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `${i}.bmp`)
      .with(3, '0.bmp')
      .with(4, '2.bmp');
    expect(await said(zipOf(manifest(repeated(['a', 'b']), names)))).toMatchObject([
      { code: 'conflicting_labels', rows: 1, first_value: '0.bmp', first_row: 4 },
      { code: 'repeated_images', rows: 1, first_value: '2.bmp', first_row: 5 },
      { code: 'images_not_listed', rows: 2 },
    ]);
    const copies = [0, 1, 2, 3].map((i) => ({
      name: `${i % 2 ? 'b' : 'a'}/${i}.bmp`,
      bytes: picture(Math.floor(i / 2)),
    }));
    expect(await said(zipOf(copies))).toMatchObject([{ code: 'conflicting_labels', rows: 2, first_value: 'b/1.bmp' }]);
  });

  test('that pixels are NaN', async () => {
    const x = Float32Array.from({ length: 12 * 16 }, (_, i) => (i === 40 ? Number.NaN : i));
    const files = [
      { name: 'x.npy', bytes: npyOf('<f4', [12, 4, 4], Buffer.from(x.buffer)) },
      {
        name: 'y.npy',
        bytes: npyOf(
          '|u1',
          [12],
          Uint8Array.from({ length: 12 }, (_, i) => i % 2),
        ),
      },
    ];
    expect(await said(zipOf(files))).toEqual([{ code: 'pixels_missing', rows: 1, first_value: 'x[2]', first_row: 3 }]);
  });
});

describe('arrays without labels', () => {
  const x = Float32Array.from({ length: 3 * 16 }, (_, i) => (i === 20 ? Number.NaN : i));
  const array = npyOf('<f4', [3, 4, 4], Buffer.from(x.buffer));
  const parsing = { unlabelled: true };
  const serving: Serving = {
    ...{ format: 1, kind: 'image', task: 'regression', target: 'label', classes: [], features: [] },
    input: { channels: 1, height: 4, width: 4, values: 'numbers' },
  };

  test.each([
    ['.npy', array],
    ['.npz', zipOf([{ name: 'anything.npy', bytes: array }])],
    [
      '.npz of several',
      zipOf([
        { name: 'x.npy', bytes: array },
        { name: 'mask.npy', bytes: array },
      ]),
    ],
  ])('are to be predicted: %s', async (_, bytes) => {
    await inspectBeginning(bytesInMemory(bytes), { parsing, task: 'auto' });
    await withSource(bytes, async (source) => {
      const profile = await image.profile(source, { task: 'auto', parsing });
      expect(profile).toMatchObject({ rows: 3, target: '', images: { source: 'arrays' } });
      const { rows } = await batchRows(source, { profile, serving, include: [] });
      const inputs: Input[] = [];
      for await (const { input } of rows) inputs.push(input!);
      const { image: tensor } = await imageTensors(serving, inputs);
      expect([...expectTensor('image', tensor, 'float32').data]).toEqual([...x]);
    });
  });

  test('are refused where they are to be learned from, and where they are not whole', async () => {
    const refusal = (bytes: Uint8Array, options: { unlabelled?: boolean }) =>
      inspectBeginning(bytesInMemory(bytes), { parsing: options, task: 'auto' });
    await expect(refusal(array, {})).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringContaining('unlabelled') }],
    });
    const huge = npyOf('<f4', [4_000_000_000, 4, 4], Buffer.from(x.buffer));
    await expect(profileOf(huge, { parsing })).rejects.toMatchObject({
      details: [{ message: expect.stringContaining('got fewer') }],
    });
  });
});
