import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { openSession } from '#engine/run.ts';
import { expectTensor, toNumbers } from '#engine/tensor.ts';
import { initialParameters } from '#engine/training/network.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { fitNetwork } from '#learning/fit/fit.ts';
import { isSharded } from '#learning/fit/rows.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { image } from '#learning/image/kind.ts';
import { kindFor, recognise } from '#learning/kinds.ts';
import type { Prepared, PrepareOptions } from '#learning/prepared.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import type { Serving } from '#learning/serving/description.ts';
import { exportModel } from '#learning/serving/export.ts';
import type { Input } from '#learning/serving/input.ts';
import { openSource } from '#learning/source.ts';
import { families } from '#zoo/registry.ts';
import { chunked } from '../chunks.ts';
import { greyBmp, npyOf, type Packed, withSource, zipOf } from './world.ts';

/** Bright on the left or on the right. */
const side = (right: boolean, i: number, size = 8): Packed => ({
  name: `${right ? 'right' : 'left'}/${i}.bmp`,
  bytes: greyBmp(size, size, (x, y) => (x < size / 2 === right ? 20 : 200) + ((7 * i + 3 * y) % 17)),
});
const SIDES = Array.from({ length: 60 }, (_, i) => side(i % 2 === 0, i));
const OPTIONS: PrepareOptions = { validationSplit: 0.25, seed: 3 };

async function prepared(bytes: Uint8Array, options: PrepareOptions = OPTIONS, onDisk = false) {
  return withSource(bytes, async (source, folder) => {
    const profile = await image.profile(source, { task: 'auto' });
    const scratch = onDisk ? { scratch: { folder, residentBytes: 1000, shardBytes: 4096 } } : {};
    const made = await image.prepare(source, profile, { ...options, ...scratch });
    return {
      profile,
      ...made,
      isSharded: isSharded(made.data.training),
      rowsOnDisk: await sharded(made.data.training),
    };
  });
}

async function sharded(rows: Awaited<ReturnType<typeof image.prepare>>['data']['training']) {
  return isSharded(rows) ? { rows: rows.rows, tensors: rows.tensors } : undefined;
}

function servingOf({ preparation }: Pick<Prepared, 'preparation'>): Serving {
  const { encoding, task, classes } = preparation;
  return { format: 1, task, target: 'label', ...encoding.served, classes: [...classes] };
}

describe('images in class folders', () => {
  test('are recognised, and profiled by their folders and sizes', async () => {
    await withSource(zipOf(SIDES), async (source) => {
      const kind = await recognise(source);
      expect(kind.name).toBe('image');
      expect(await kind.profile(source, { task: 'auto' })).toMatchObject({
        kind: 'image',
        images: {
          source: 'folders',
          formats: { bmp: 60 },
          width: { min: 8, max: 8 },
          height: { min: 8, max: 8 },
          channels: 3,
        },
        rows: 60,
        target: 'label',
        task: 'classification',
        classes: [
          { value: 'left', count: 30 },
          { value: 'right', count: 30 },
        ],
        rows_without_target: 0,
      });
    });
  });

  test('become the same rows in memory and in shards, of the size that was announced', async () => {
    const [small, large] = [await prepared(zipOf(SIDES)), await prepared(zipOf(SIDES), OPTIONS, true)];
    expect(small.rows).toEqual({ training: 45, validation: 15, test: 0 });
    expect([small.isSharded, large.isSharded]).toEqual([false, true]);
    expect(large.rowsOnDisk).toEqual({
      rows: 45,
      tensors: { pixels: { dtype: 'int32', shape: [64] }, y: { dtype: 'int32', shape: [] } },
    });
    const outline = image.outline(small.profile, {});
    expect(outline.shape).toEqual(small.preparation.encoding.shape);
    expect(outline.rows).toBe(60);
  });

  test('are learned, and the exported model answers the same from raw pixels as the trained network', async () => {
    const made = await prepared(zipOf(SIDES), { validationSplit: 0, seed: 3 });
    const family = families['small-cnn']!;
    const hyperparameters = family.hyperparameters.parse({
      epochs: 12,
      channels: [8, 8],
      batch_size: 10,
      random_crop: 1,
    });
    const { preparation, data } = made;
    const fitted = await fitNetwork({
      ...{ family, hyperparameters, preparation, data },
      earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      now: () => performance.now(),
      report: async () => true,
    });
    expect(fitted!.training.accuracy).toBe(1);
    const network = family.network(shapeOf(preparation), hyperparameters);
    await using evaluator = await Evaluator.open(compileEvaluate(objectiveOf(preparation, network)));
    const state = Object.fromEntries(
      Object.entries(fitted!.parameters).map(([name, value]) => [parameterKey(name), value]),
    );
    if (isSharded(data.training)) throw new Error('they lie on disk');
    const { outputs } = await evaluator.run(state, data.training);
    const logits = toNumbers(expectTensor('outputs', outputs, 'float32'));

    await using session = await openSession(
      exportModel(preparation, network, fitted!.parameters, { producer: 'test' }),
    );
    const serving = servingOf(made);
    const inputs: Input[] = SIDES.map(({ bytes }) => Buffer.from(bytes).toString('base64'));
    const answer = await session.run(await image.tensors(serving, inputs));
    const probabilities = toNumbers(answer.probabilities!);
    for (const row of SIDES.keys()) {
      const [a, b] = [logits[2 * row]!, logits[2 * row + 1]!];
      expect(Math.abs(probabilities[2 * row]! - 1 / (1 + Math.exp(b - a)))).toBeLessThan(1e-5);
    }
    expect(expectTensor('label', answer.label, 'string').data[0]).toBe('right');
    const url = `data:image/bmp;base64,${inputs[1]}`;
    const again = await session.run(await image.tensors(serving, [url]));
    expect(expectTensor('label', again.label, 'string').data).toEqual(['left']);
    // Encoders break lines.
    const broken = String(inputs[1]).replace(/.{76}/g, '$&\r\n');
    for (const text of [`${broken}\n`, `data:image/bmp;base64,\n${broken}`]) {
      expect(await image.tensors(serving, [text])).toEqual(await image.tensors(serving, [url]));
    }
  });

  test('of many sizes are scaled to one, or to the size that is asked for', async () => {
    const mixed = zipOf([
      ...SIDES.slice(0, 10),
      ...Array.from({ length: 10 }, (_, i) => side(i % 2 === 0, 100 + i, 16)),
    ]);
    expect((await prepared(mixed)).preparation.encoding.shape).toEqual([3, 16, 16]);
    const wanted = { image: { size: 12 } };
    expect((await prepared(mixed, { ...OPTIONS, wanted })).preparation.encoding.shape).toEqual([3, 12, 12]);
  });
});

describe('images that their EXIF turns', () => {
  const photo = async (label: string, width: number, height: number, orientation: number): Promise<Packed> => {
    const blank = sharp({ create: { width, height, channels: 3, background: '#306090' } });
    const bytes = await blank.withMetadata({ orientation }).jpeg().toBuffer();
    return { name: `${label}/${width}-${orientation}.jpg`, bytes };
  };

  test('have the size that they are shown in, and are left in it if it is the same', async () => {
    const turned = [await photo('a', 12, 8, 6), await photo('a', 12, 8, 8), await photo('b', 8, 12, 1)];
    const { profile, preparation } = await prepared(zipOf([...turned, await photo('b', 8, 12, 3)]));
    expect(profile.images).toMatchObject({ width: { min: 8, max: 8 }, height: { min: 12, max: 12 } });
    expect(preparation.encoding.shape).toEqual([3, 12, 8]);
  });
});

test('a model that sees files in grey takes arrays in colour, and makes of them what it makes of the file', async () => {
  const colours = Array.from({ length: 5 }, (_, y) =>
    Array.from({ length: 4 }, (__, x) => [(61 * x + 7 * y) % 256, (17 * x * y + 3) % 256, (255 - 40 * y) % 256]),
  );
  const raw = { raw: { width: 4, height: 5, channels: 3 } } as const;
  const bytes = await sharp(Uint8Array.from(colours.flat(2)), raw)
    .png()
    .toBuffer();
  const files = ['a', 'b'].flatMap((label) => [1, 2].map((i) => ({ name: `${label}/${i}.png`, bytes })));
  const made = await prepared(zipOf(files), { validationSplit: 0, seed: 1, wanted: { image: { channels: 1 } } });
  const planes = [0, 1, 2].map((c) => colours.map((row) => row.map((pixel) => pixel[c]!)));
  const inputs: Input[] = [bytes.toString('base64'), colours, planes, planes.flat(2)];
  const serving = servingOf(made);
  const { image: grey } = await image.tensors(serving, inputs);
  const numbers = toNumbers(grey!);
  expect(grey!.shape).toEqual([4, 1, 5, 4]);
  for (const at of [20, 40, 60]) expect(numbers.slice(at, at + 20)).toEqual(numbers.slice(0, 20));

  const two = Uint8Array.from([...colours, ...colours].flat(2));
  await withSource(zipOf([{ name: 'x.npy', bytes: npyOf('|u1', [2, 5, 4, 3], two) }]), async (source) => {
    const profile = await image.profile(source, { task: 'auto', parsing: { unlabelled: true } });
    for await (const { input } of (await image.batch(source, { profile, serving, include: [] })).rows) {
      expect(toNumbers((await image.tensors(serving, [input!])).image!)).toEqual(numbers.slice(0, 20));
    }
  });
});

describe('arrays of other channels than the model sees', () => {
  const [width, height] = [4, 5];
  /** [height, width, channels], as the file has it, too. */
  const pixelsOf = (channels: 1 | 4) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (__, x) => Array.from({ length: channels }, (___, c) => 50 * x + 9 * y * c)),
    );
  const fileOf = async (channels: 1 | 4) => {
    const pixels = Uint8Array.from(pixelsOf(channels).flat(2));
    return (await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer()).toString('base64');
  };
  const servingOf = (channels: 1 | 3, more: object = { values: 'bytes' }): Serving => ({
    ...{ format: 1, kind: 'image', task: 'regression', target: 'y', features: [], classes: [] },
    input: { channels, height, width, ...more },
  });
  const grey = pixelsOf(1).map((row) => row.flat());

  test.each<[string, 1 | 3, 1 | 4, Input]>([
    ['[height, width] for one that sees colours', 3, 1, grey],
    ['[height, width, 1] for one that sees colours', 3, 1, pixelsOf(1)],
    ['[1, height, width] for one that sees colours', 3, 1, [grey]],
    ['of grey in one row for one that sees colours', 3, 1, grey.flat()],
    ['with transparency for one that sees colours', 3, 4, pixelsOf(4)],
    ['with transparency for one that sees grey', 1, 4, pixelsOf(4)],
  ])('%s are what a file of them is', async (_, channels, given, pixels) => {
    const { image: seen } = await image.tensors(servingOf(channels), [await fileOf(given), pixels]);
    const numbers = toNumbers(seen!);
    expect(numbers.slice(numbers.length / 2)).toEqual(numbers.slice(0, numbers.length / 2));
  });

  test('are taken by a model of a table, whose rows have a number for each column nevertheless', async () => {
    const columns = Array.from({ length: width * height }, (_, i) => `p${i}`);
    const of = servingOf(1, { values: 'numbers', columns });
    const colours = grey.map((row) => row.map((value) => [value, value, value]));
    const { image: seen } = await image.tensors(of, [grey, colours]);
    const [one, other] = [toNumbers(seen!).slice(0, 20), toNumbers(seen!).slice(20)];
    expect(other).toEqual(one.map((value) => expect.closeTo(value, 3)));
    await expect(async () => image.tensors(of, [colours.flat(2)])).rejects.toMatchObject({
      details: [{ message: 'must be an array [5, 4], or of 20 numbers; got [60]' }],
    });
  });

  test('are refused if one number of them is missing', async () => {
    const ragged = pixelsOf(4).map((row, y) => (y === 1 ? [...row.slice(0, 3), row[3]!.slice(0, 3)] : row));
    await expect(async () => image.tensors(servingOf(3), [ragged])).rejects.toThrow();
  });
});

test('arrays of numbers that are no bytes become grey without being rounded', async () => {
  const serving: Serving = {
    ...{ format: 1, kind: 'image', task: 'regression', target: 'y', features: [], classes: [] },
    input: { channels: 1, height: 1, width: 2, values: 'numbers' },
  };
  const { image: grey } = await image.tensors(serving, [
    [
      [
        [1, 0, 0],
        [0.5, 0.5, null],
      ],
    ],
  ] as Input[]);
  expect(toNumbers(grey!)).toEqual([expect.closeTo(0.299, 5), Number.NaN]);
});

describe('images with a manifest', () => {
  const files = SIDES.slice(0, 8).map(({ name, bytes }) => ({ name: `all/${name.replace('/', '-')}`, bytes }));
  const labelled = (i: number) => (i % 2 === 0 ? 'R' : 'L');

  test.each([
    [
      'CSV',
      'all/manifest.csv',
      `file,who,label\n${files.map(({ name }, i) => `${name.slice(4)},x,${labelled(i)}`).join('\n')}\n`,
    ],
    [
      'JSON',
      'all/list.json',
      JSON.stringify(files.map(({ name }, i) => ({ path: name.slice(4), label: labelled(i) }))),
    ],
    [
      'JSON beside the folder of the images',
      'about/list.json',
      JSON.stringify(files.map(({ name }, i) => ({ path: `../${name}`, label: labelled(i) }))),
    ],
    [
      'JSON of a program on Windows',
      'list.json',
      JSON.stringify(files.map(({ name }, i) => ({ path: name.replaceAll('/', '\\'), label: labelled(i) }))),
    ],
    [
      'JSON by name',
      'labels.json',
      JSON.stringify(Object.fromEntries(files.map(({ name }, i) => [name, labelled(i)]))),
    ],
    [
      'JSON Lines',
      'x.jsonl',
      files.map(({ name }, i) => JSON.stringify({ image: name, label: labelled(i) })).join('\n'),
    ],
  ])('in %s are labelled by it', async (_, name, text) => {
    const { profile, preparation } = await prepared(zipOf([...files, { name, bytes: Buffer.from(text) }]));
    expect(profile).toMatchObject({ images: { source: 'manifest' }, rows: 8 });
    expect(preparation.classes).toEqual(['L', 'R']);
  });

  test('of numbers are a regression where that is asked for, and rows without a label are left out', async () => {
    const text = `image,angle\n${files.map(({ name }, i) => `${name},${i === 3 ? '' : i * 1.5}`).join('\n')}\n`;
    await withSource(zipOf([...files, { name: 'm.csv', bytes: Buffer.from(text) }]), async (source) => {
      const profile = await image.profile(source, { task: 'regression' });
      expect(profile).toMatchObject({ task: 'regression', target: 'angle', rows: 8, rows_without_target: 1 });
      const { preparation, rows } = await image.prepare(source, profile, { validationSplit: 0, seed: 1 });
      expect(rows.training).toBe(7);
      expect(preparation.scale.mean).toBeCloseTo(((28 - 3) * 1.5) / 7, 10);
    });
  });
});

/** As NumPy keeps texts: four bytes a character. */
const utf32 = (utf16: Buffer): Buffer =>
  Buffer.concat(
    Array.from({ length: utf16.length / 2 }, (_, i) => Buffer.from([utf16[2 * i]!, utf16[2 * i + 1]!, 0, 0])),
  );

describe('images in arrays', () => {
  const pixels = Uint8Array.from({ length: 12 * 25 }, (_, i) => (i * 7) % 256);
  const labels = Buffer.from(BigInt64Array.from({ length: 12 }, (_, i) => BigInt(i % 3)).buffer);
  const npz = (shape: number[], numbers: Uint8Array, descr = '|u1') =>
    zipOf([
      { name: 'x.npy', bytes: npyOf(descr, shape, numbers) },
      { name: 'y.npy', bytes: npyOf('<i8', [12], labels) },
    ]);

  test('of bytes are read as they are, whatever the place of the channels', async () => {
    const { profile, preparation, data } = await prepared(npz([12, 5, 5], pixels), { validationSplit: 0, seed: 1 });
    expect(profile).toMatchObject({ images: { source: 'arrays', formats: { u1: 12 }, channels: 1 }, rows: 12 });
    expect(preparation.classes).toEqual(['0', '1', '2']);
    if (isSharded(data.training)) throw new Error('they lie on disk');
    const packed = expectTensor('pixels', data.training.pixels, 'int32').data;
    expect([packed[0]! >> 16, (packed[0]! >> 8) & 255, packed[0]! & 255]).toEqual([0, 7, 14]);
    const colours = Uint8Array.from({ length: 12 * 4 * 4 * 3 }, (_, i) => i % 256);
    const last = await prepared(npz([12, 4, 4, 3], colours));
    const first = await prepared(npz([12, 3, 4, 4], colours));
    expect([last, first].map(({ preparation }) => preparation.encoding.shape)).toEqual([
      [3, 4, 4],
      [3, 4, 4],
    ]);
  });

  /** The same numbers with the first index varying fastest, by the definition of both orders. */
  function inFortranOrder(shape: readonly number[], numbers: Uint8Array): Buffer {
    const size = numbers.length / shape.reduce((product, dim) => product * dim, 1);
    const ordered = Buffer.alloc(numbers.length);
    for (let from = 0; from < numbers.length / size; from++) {
      let [left, to, step] = [from, 0, numbers.length / size];
      for (const dim of [...shape].reverse()) {
        step /= dim;
        to += (left % dim) * step;
        left = Math.floor(left / dim);
      }
      for (let i = 0; i < size; i++) ordered[to * size + i] = numbers[from * size + i]!;
    }
    return ordered;
  }

  const bytesOf = ({ buffer }: Float32Array | Uint16Array) => new Uint8Array(buffer as ArrayBuffer);

  test.each([
    ['|u1', [12, 5, 5], pixels],
    ['|u1', [12, 4, 5, 3], Uint8Array.from({ length: 12 * 60 }, (_, i) => (i * 7) % 251)],
    ['<f4', [12, 3, 4, 5], bytesOf(Float32Array.from({ length: 12 * 60 }, (_, i) => Math.sin(i)))],
    ['<f4', [12, 25], bytesOf(Float32Array.from({ length: 12 * 25 }, (_, i) => Math.cos(i)))],
  ])('are the same in Fortran order: %s %j', async (descr, shape, numbers) => {
    const fortran = zipOf([
      { name: 'x.npy', bytes: npyOf(descr, shape, inFortranOrder(shape, numbers), true) },
      { name: 'y.npy', bytes: npyOf('<i8', [12, 1], labels, true) },
    ]);
    expect((await prepared(fortran)).data).toEqual((await prepared(npz(shape, numbers, descr))).data);
  });

  test.each(['<f2', '>f2'])('of float16 are read: %s', async (descr) => {
    // 1, -2, 0.5, the largest, the smallest, and 0.333…, as IEEE 754 binary16 has them
    const halves = [0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x3555];
    const numbers = [1, -2, 0.5, 65504, 2 ** -24, 0.333251953125];
    const repeat = <T>(values: readonly T[]) => Array.from({ length: 12 * 25 }, (_, i) => values[i % values.length]!);
    const bits = Buffer.from(bytesOf(Uint16Array.from(repeat(halves))));
    const made = await prepared(npz([12, 5, 5], descr === '>f2' ? bits.swap16() : bits, descr));
    const same = await prepared(npz([12, 5, 5], bytesOf(Float32Array.from(repeat(numbers))), '<f4'));
    expect(made.profile).toMatchObject({ images: { formats: { f2: 12 } } });
    expect(made.data).toEqual(same.data);
  });

  test.each([
    ['<U', (text: string) => Buffer.from(text.padEnd(6, '\0'), 'utf-16le')],
    ['|S', (text: string) => Buffer.from(text.padEnd(6, '\0'))],
  ])('have labels that are texts: %s', async (type, encoded) => {
    const names = Array.from({ length: 12 }, (_, i) => ['cat', 'dog', 'iguana'][i % 3]!);
    const bytes = names.map((name) => (type === '|S' ? encoded(name) : utf32(encoded(name))));
    const file = zipOf([
      { name: 'x.npy', bytes: npyOf('|u1', [12, 5, 5], pixels) },
      { name: 'y.npy', bytes: npyOf(`${type}6`, [12], Buffer.concat(bytes)) },
    ]);
    const { preparation, profile } = await prepared(file, { validationSplit: 0, seed: 1 });
    expect(preparation.classes).toEqual(['cat', 'dog', 'iguana']);
    expect(profile.classes).toEqual(expect.arrayContaining([{ value: 'iguana', count: 4 }]));
  });

  /** What an untrained network answers for the images. */
  async function answers(made: Awaited<ReturnType<typeof prepared>>, images: readonly Input[]): Promise<number[]> {
    const family = families['small-cnn']!;
    const hyperparameters = family.hyperparameters.parse({ channels: [4] });
    const { preparation } = made;
    const network = family.network(shapeOf(preparation), hyperparameters);
    const onnx = exportModel(preparation, network, initialParameters(network, 1), { producer: 'test' });
    await using session = await openSession(onnx);
    return toNumbers((await session.run(await image.tensors(servingOf(made), images))).probabilities!);
  }
  const channels = (wanted: number) => ({ validationSplit: 0, seed: 1, wanted: { image: { channels: wanted } } });
  const near = (numbers: readonly number[]) => numbers.map((one) => expect.closeTo(one, 5));

  test('that are grey are three equal channels to a network that wants so many', async () => {
    const tripled = Uint8Array.from({ length: 3 * pixels.length }, (_, i) => pixels[Math.floor(i / 3)]!);
    const [grey, colours] = [
      await prepared(npz([12, 5, 5], pixels), channels(3)),
      await prepared(npz([12, 5, 5, 3], tripled)),
    ];
    expect(grey.preparation.encoding.shape).toEqual([3, 5, 5]);
    expect(servingOf(grey).input).toMatchObject({ channels: 1 });
    expect(grey.warnings).toMatchObject([
      { code: 'channels_changed', rows: 12, message: expect.stringContaining('are grey') },
    ]);
    const all = await prepared(npz([12, 5, 5, 3], tripled), { validationSplit: 0, seed: 1 });
    expect([colours.warnings, all.warnings]).toEqual([[], []]);
    const [one, three] = [[...pixels.subarray(0, 25)], [...tripled.subarray(0, 75)]];
    const asPlanes = Array.from({ length: 75 }, (_, i) => three[(i % 25) * 3 + Math.floor(i / 25)]!);
    expect(await answers(grey, [one])).toEqual(near(await answers(all, [asPlanes])));
    expect(image.outline(grey.profile, channels(3).wanted).shape).toEqual([3, 5, 5]);
  });

  test.each(['|u1', '<f8'])(
    'that have colours are grey to a network that wants one channel, as Pillow makes them: %s',
    async (type) => {
      const colours = Uint8Array.from({ length: 12 * 5 * 5 * 3 }, (_, i) => (i * 37) % 256);
      const luma = Array.from({ length: 12 * 5 * 5 }, (_, i) => {
        const [r, g, b] = colours.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
        const sum = r * 19_595 + g * 38_470 + b * 7_471;
        return type === '|u1' ? (sum + 32_768) >>> 16 : sum / 65_536;
      });
      const bytes = (of: readonly number[]) =>
        type === '|u1' ? Uint8Array.from(of) : Buffer.from(Float64Array.from(of).buffer);
      const made = await prepared(npz([12, 5, 5, 3], bytes([...colours]), type), channels(1));
      const grey = await prepared(npz([12, 5, 5], bytes(luma), type), { validationSplit: 0, seed: 1 });
      expect(made.preparation.encoding.shape).toEqual([1, 5, 5]);
      expect(made.warnings).toMatchObject([
        { code: 'channels_changed', message: expect.stringContaining('have colours') },
      ]);
      const planes = Array.from({ length: 75 }, (_, i) => colours[(i % 25) * 3 + Math.floor(i / 25)]!);
      expect(await answers(made, [planes])).toEqual(near(await answers(grey, [luma.slice(0, 25)])));
    },
  );

  test('of numbers keep their unit, and what is no number counts as the mean', async () => {
    const numbers = Float64Array.from(pixels, (value, i) => (i === 0 ? Number.NaN : value / 16));
    const made = await prepared(npz([12, 5, 5], Buffer.from(numbers.buffer), '<f8'), { validationSplit: 0, seed: 1 });
    if (isSharded(made.data.training)) throw new Error('they lie on disk');
    const stored = expectTensor('pixels', made.data.training.pixels, 'float32').data;
    expect([...stored.subarray(1, 3)]).toEqual([7 / 16, 14 / 16]);
    expect(servingOf(made).input).toMatchObject({ values: 'numbers' });
  });
});

test('a table whose features are k² numbers is of images to a family of images, and a table to others', async () => {
  const header = [...Array.from({ length: 64 }, (_, i) => `p${i}`), 'digit'].join(',');
  const text: { pixels: string; labels: string } = JSON.parse(
    readFileSync(new URL('../../fixtures/digits.json', import.meta.url), 'utf8'),
  );
  const [pixels, labels] = [text.pixels, text.labels].map((bytes) => Buffer.from(bytes, 'base64')) as [Buffer, Buffer];
  const lines = Array.from({ length: 300 }, (_, i) => [...pixels.subarray(64 * i, 64 * i + 64), labels[i]].join(','));
  const csv = `${header}\n${lines.join('\n')}\n`;
  const profile = await profileCsv(chunked(csv), { task: 'classification', target: 'digit' });
  const [cnn, mlp] = [families['small-cnn']!, families.mlp!];
  expect([kindFor(cnn, profile)?.name, kindFor(mlp, profile)?.name]).toEqual(['image', 'table']);
  const { preparation, data, rows } = await image.prepare(openSource(chunked(csv)), profile, OPTIONS);
  expect(rows).toEqual({ training: 225, validation: 75, test: 0 });
  expect(preparation.encoding.shape).toEqual([1, 8, 8]);
  const hyperparameters = cnn.hyperparameters.parse({ epochs: 6, channels: [16, 32], learning_rate: 0.003 });
  const fitted = await fitNetwork({
    ...{ family: cnn, hyperparameters, preparation, data },
    earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  expect(fitted!.validation!.accuracy).toBeGreaterThan(0.85);
});

describe('a file stands for numbers', () => {
  const file = greyBmp(8, 8, (x, y) => 30 * x + 5 * y);
  const pixels = (greatest: number) => Array.from({ length: 16 }, (_, i) => (i * greatest) / 15);
  const tableOf = (greatest: number, more: readonly number[] = pixels(greatest)) => {
    const header = [...pixels(greatest).map((_, i) => `p${i}`), 'y'].join(',');
    const lines = Array.from({ length: 10 }, (_, i) => [...(i === 9 ? more : pixels(greatest)), 'ab'[i % 2]].join(','));
    return `${header}\n${lines.join('\n')}\n`;
  };
  const servingOfTable = async (csv: string) => {
    const profile = await profileCsv(chunked(csv), { task: 'classification', target: 'y' });
    return servingOf(await image.prepare(openSource(chunked(csv)), profile, OPTIONS));
  };
  const isTaken = async (serving: Serving) => {
    const encoded = file.toString('base64');
    const { image: seen } = await image.tensors(serving, [encoded, `data:image/bmp;base64,${encoded}`]);
    const numbers = toNumbers(seen!);
    expect(numbers.slice(0, 16)).toEqual(numbers.slice(16));
    expect(seen!.shape).toEqual([2, 1, 4, 4]);
    // Each is the mean of the pixels around it: without borders, the ramp stays one.
    for (const i of [5, 6, 9, 10]) expect(numbers[i]).toBe(15 + 60 * (i % 4) + 2.5 + 10 * Math.floor(i / 4) + 0.5);
  };

  test('of a table that has bytes', async () => isTaken(await servingOfTable(tableOf(255))));

  test('of an array that has bytes', async () => {
    const numbers = Float32Array.from({ length: 12 * 16 }, (_, i) => pixels(255)[i % 16]!);
    const made = await prepared(
      zipOf([
        { name: 'x.npy', bytes: npyOf('<f4', [12, 4, 4], Buffer.from(numbers.buffer)) },
        {
          name: 'y.npy',
          bytes: npyOf(
            '|u1',
            [12],
            Uint8Array.from({ length: 12 }, (_, i) => i % 2),
          ),
        },
      ]),
    );
    await isTaken(servingOf(made));
  });

  test.each([
    ['have another unit', tableOf(16)],
    ['end before 255', tableOf(254)],
    ['go beyond bytes', tableOf(255, pixels(256))],
    ['are negative as well', tableOf(255, pixels(-1))],
  ])('but not where they %s', async (_, csv) => {
    await expect(async () => image.tensors(await servingOfTable(csv), [file.toString('base64')])).rejects.toMatchObject(
      {
        details: [
          { field: 'inputs[0]', message: expect.stringMatching(/^must be an array \[4, 4\], or of 16 numbers, in/) },
        ],
      },
    );
  });
});

test('a table of other features is no image', async () => {
  const profile = await profileCsv(chunked('a,b,c,y\n1,2,3,u\n4,5,6,v\n7,8,9,u\n'), { task: 'auto' });
  expect(image.takes(profile)).toBe(false);
  expect(kindFor(families.resnet18!, profile)).toBeUndefined();
});
