import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { attributeType, dataType, encodeModel, parseModel } from '#engine/onnx/proto.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor, toNumbers } from '#engine/tensor.ts';
import { readImported, type Wishes } from '#learning/imported/read.ts';
import { kindNamed } from '#learning/kinds.ts';
import type { Input } from '#learning/serving/input.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };
import { greyBmp } from '../image/world.ts';

interface Recorded {
  readonly onnx: string;
  readonly rows: Input[];
  readonly numbers: number[] | number[][];
  readonly labels?: string[];
}

const served = Object.entries(recorded.served as unknown as Record<string, Recorded>);
const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');
const read = (onnx: string, wishes: Partial<Wishes> = {}) =>
  readImported(bytesOf(onnx), { target: 'target', ...wishes });

async function answersTo(onnx: Uint8Array, features: Parameters<typeof rowTensors>[0], rows: readonly Input[]) {
  await using session = await openSession(onnx);
  const { label, probabilities, value } = await session.run(rowTensors(features, rows));
  return {
    labels: label && [...expectTensor('label', label, 'string').data],
    numbers: toNumbers((probabilities ?? value)!),
    shape: (probabilities ?? value)!.shape,
  };
}

describe('a model of others is served with the answers that its library gives', () => {
  test.each(served)('%s', async (_, { onnx, rows, numbers, labels }) => {
    const imported = await read(onnx);
    const answers = await answersTo(imported.onnx, imported.serving.features, rows);
    if (labels) expect(answers.labels).toEqual(labels);
    expect(imported.serving.task).toBe(labels ? 'classification' : 'regression');
    const expected = numbers.flat();
    expect(answers.numbers).toHaveLength(expected.length);
    for (const [i, number] of expected.entries()) {
      expect(Math.abs(answers.numbers[i]! - number)).toBeLessThan(1e-5 * Math.max(1, Math.abs(number)));
    }
    expect(imported.serving.classes).toHaveLength(labels ? expected.length / rows.length : 0);
  });

  // In which CatBoost and others write models, and the runtime wants every constant to be read.
  test.each(served)('in IR version 3: %s', async (_, { onnx, rows, labels }) => {
    const older = encodeModel({ ...parseModel(bytesOf(onnx)), irVersion: 3 });
    const imported = await readImported(older, { target: 'target' });
    expect((await answersTo(imported.onnx, imported.serving.features, rows)).labels).toEqual(labels);
  });

  test('under the names that its inputs have, and that its classes have', async () => {
    const { serving } = await read(recorded.served['scikit-learn, a table'].onnx);
    expect(serving).toEqual({
      format: 1,
      task: 'classification',
      target: 'target',
      features: [
        { name: 'island', type: 'category', input: 'island' },
        { name: 'mass', type: 'number', input: 'mass' },
        { name: 'year', type: 'number', input: 'year', cast: 'int64' },
      ],
      classes: ['Adelie', 'Gentoo'],
    });
  });

  test('under names that the caller gives', async () => {
    const { onnx, rows, numbers } = recorded.served['XGBoost, a classifier'];
    const features = ['sepal length', 'sepal width', 'petal length', 'label'];
    const classes = ['setosa', 'versicolor', 'virginica'];
    const imported = await read(onnx, { features, classes });
    expect(imported.serving.features.map(({ name, input }) => [name, input])).toEqual([
      ['sepal length', 'sepal_length'],
      ['sepal width', 'sepal_width'],
      ['petal length', 'petal_length'],
      ['label', 'label_2'],
    ]);
    const { labels } = await answersTo(imported.onnx, imported.serving.features, rows);
    expect(labels).toEqual(numbers.map((row) => classes[row.indexOf(Math.max(...row))]));
  });

  test('with scores as the caller says they are', async () => {
    const { onnx, rows, numbers } = recorded.served['PyTorch, logits'];
    const imported = await read(onnx, { scores: 'probabilities' });
    const answers = await answersTo(imported.onnx, imported.serving.features, rows);
    expect(answers.numbers).not.toEqual(numbers.flat());
    expect(imported.notes).toContain('output y are the scores of the classes; these are the probabilities');
  });
});

describe('scores with a label beside them', () => {
  /** Logits, and the place of the highest. */
  function labelled(offset: readonly number[]): Uint8Array {
    const value = (name: string, elemType: number, columns?: number) => {
      const dim = [{ dimParam: 'rows' }, ...(columns ? [{ dimValue: columns }] : [])];
      return { name, type: { tensorType: { elemType, shape: { dim } } } };
    };
    const ints = [
      { name: 'axis', type: attributeType.int, i: 1 },
      { name: 'keepdims', type: attributeType.int, i: 0 },
    ];
    const node = (opType: string, input: string[], output: string, attribute: typeof ints = []) => ({
      ...{ name: output, opType, domain: '', input, output: [output], attribute },
    });
    return encodeModel({
      ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
      graph: {
        ...{ name: 'g', node: [node('Add', ['x', 'offset'], 'scores'), node('ArgMax', ['scores'], 'own', ints)] },
        initializer: [{ name: 'offset', dims: [2], dataType: dataType.float32, floatData: [...offset] }],
        input: [value('x', dataType.float32, 2)],
        output: [value('scores', dataType.float32, 2), value('own', dataType.int64)],
      },
      opsetImport: [{ domain: '', version: 17 }],
      metadataProps: [],
    });
  }

  test('become their softmax where they are no probabilities', async () => {
    const { onnx, serving } = await readImported(labelled([-1, 1]), { target: 'y' });
    const { labels, numbers } = await answersTo(onnx, serving.features, [[3, 1]]);
    expect(labels).toEqual(['0']);
    expect(numbers).toEqual([0.5, 0.5]);
  });

  test('stay where each is between 0 and 1, as of one function a class', async () => {
    const { onnx, serving } = await readImported(labelled([0.5, 0.75]), { target: 'y' });
    const { labels, numbers } = await answersTo(onnx, serving.features, [[0, 0]]);
    expect([labels, numbers]).toEqual([['1'], [0.5, 0.75]]);
  });
});

describe('a model that cannot be served is refused, by what stands against it', () => {
  test.each([
    ['one row', "input 'x' cannot be served: it takes exactly 1 row; export it with a dynamic first dimension"],
    ['images', 'none of its outputs can be served (y): there must be scores [rows, classes] or numbers [rows]'],
    [
      'another domain',
      "operator com.microsoft.FusedMatMul of node 'fused' cannot be served: served are those of ai.onnx",
    ],
    ['a loop in a branch', "operator Loop of node 'forever' cannot be served: it may never end"],
    [
      'numbers elsewhere',
      `tensor 'w' has its numbers in another file ("../../etc/passwd"): save the model as one file`,
    ],
    ['functions', 'it defines functions of its own, which cannot be served: export it with them inlined'],
    ['a bomb', "operator ConstantOfShape of node 'zeros' cannot be served: it makes 10000000000 elements; at most"],
    ['a wrong shape', 'it cannot be run: '],
    ['no such operator', 'it cannot be run: '],
    ['a new opset', 'its opset of ai.onnx must be at most 26; got 99'],
    ['half precision', "input 'x' cannot be served: its element type is float16; served are numbers of 32 and 64 bits"],
    ['unknown width', "input 'x' does not say how many columns it takes: give the names of its features"],
    ['no answers', 'none of its outputs can be served (y): there must be scores [rows, classes] or numbers [rows]'],
  ] as const)('%s', async (name, message) => {
    const error = await read(recorded.refused[name]).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).details).toEqual([{ field: 'file', message: expect.stringContaining(message) }]);
  });

  test('bytes that are no model, and those of a model that is cut short', async () => {
    const whole = bytesOf(recorded.served['scikit-learn, a matrix'].onnx);
    for (const bytes of [Buffer.from('no model'), whole.subarray(0, 0), whole.subarray(0, 1000)]) {
      await expect(readImported(bytes, { target: 't' })).rejects.toBeInstanceOf(ValidationError);
    }
  });

  test('a name that no row in JSON can have', async () => {
    const { onnx } = recorded.served['scikit-learn, a matrix'];
    await expect(read(onnx, { features: ['a', '__proto__', 'b', 'c'] })).rejects.toHaveProperty('details', [
      { field: 'features', message: 'must be given with other names: no row in JSON can have "__proto__"' },
    ]);
  });

  test.each([
    ['series', 2, 'it must take rows of a table, or images; it takes windows of a series'],
    [
      undefined,
      2,
      "the 2 names of features that it has do not fit its inputs: features must have the 4 names of the model's features; got 2",
    ],
  ] as const)('what it says of itself, where that does not fit (kind %s)', async (kind, count, message) => {
    const features = Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: 'number', input: `f${i}` }));
    const description = {
      format: 1,
      task: 'regression',
      target: 'y',
      classes: [],
      features,
      ...(kind ? { kind } : {}),
    };
    const model = parseModel(bytesOf(recorded.served['XGBoost, a classifier'].onnx));
    const metadataProps = [{ key: 'serving', value: JSON.stringify(description) }];
    const onnx = Buffer.from(encodeModel({ ...model, metadataProps }));
    await expect(readImported(onnx, { target: 'y' })).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringContaining(message) }],
    });
    const wrong = readImported(onnx, { target: 'y', features: ['only one'] });
    await expect(wrong).rejects.toMatchObject({ details: [{ field: 'features' }] });
  });

  test('names that are too few', async () => {
    const { onnx } = recorded.served['scikit-learn, a matrix'];
    await expect(read(onnx, { features: ['a'] })).rejects.toHaveProperty('details', [
      { field: 'features', message: "must have the 4 names of the model's features; got 1" },
    ]);
    await expect(read(onnx, { classes: ['a'] })).rejects.toHaveProperty('details', [
      { field: 'classes', message: "must have the 3 names of the model's classes; got 1" },
    ]);
  });
});

describe('a model whose input has no fractions', () => {
  /** Answers the number that it is given. */
  const echo = (elemType: number) =>
    encodeModel({
      ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
      ...{ opsetImport: [{ domain: '', version: 17 }], metadataProps: [] },
      graph: {
        name: 'echo',
        node: [
          {
            ...{ name: 'cast', opType: 'Cast', domain: '', input: ['x'], output: ['y'] },
            attribute: [{ name: 'to', type: attributeType.int, i: dataType.float32 }],
          },
        ],
        input: [valueInfo('x', elemType)],
        output: [valueInfo('y', dataType.float32)],
        initializer: [],
      },
    });
  const valueInfo = (name: string, elemType: number) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 1 }] } } },
  });

  test.each([
    ['int64', 'a whole number', [3, '-7', 2 ** 40], [1.5, null, 'n/a', true, 1e19]],
    ['int32', 'a whole number of 32 bits', [3, -(2 ** 31)], [2 ** 31, 0.1, null]],
    ['bool', 'true, false, 0 or 1', [1, 0, true, false], [2, 0.5, null]],
  ] as const)('of %s takes %s, and refuses what would become another', async (type, expected, good, bad) => {
    const { onnx, serving } = await readImported(echo(dataType[type]), { target: 'y' });
    await using session = await openSession(onnx);
    const { value } = await session.run(
      rowTensors(
        serving.features,
        good.map((cell) => [cell]),
      ),
    );
    expect(toNumbers(value!)).toEqual(good.map(Number));
    for (const cell of bad) {
      const got = typeof cell === 'string' ? JSON.stringify(cell) : String(cell);
      expect(() => rowTensors(serving.features, [[cell]])).toThrow(
        expect.objectContaining({
          details: [{ field: 'inputs[0][0]', message: `must be ${expected} for feature "x"; got ${got}` }],
        }),
      );
    }
  });

  test('of numbers that are not served is refused by their name', async () => {
    await expect(readImported(echo(dataType.float16), { target: 'y' })).rejects.toMatchObject({
      details: [{ message: expect.stringContaining("input 'x' cannot be served: its element type is float16") }],
    });
  });
});

describe('a model of images', () => {
  const CHANNELS = 3;
  /** The mean of each channel, as scores. */
  const means = (
    dims: readonly (number | string)[],
    axes: readonly number[],
    { version = 17, rows = 'rows' as number | string, elemType = dataType.float32 as number } = {},
  ) =>
    encodeModel({
      ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
      ...{ opsetImport: [{ domain: '', version }], metadataProps: [] },
      graph: {
        name: 'means',
        node: [
          {
            ...{ name: 'cast', opType: 'Cast', domain: '', input: ['pixels'], output: ['numbers'] },
            attribute: [{ name: 'to', type: attributeType.int, i: dataType.float32 }],
          },
          {
            ...{ name: 'mean', opType: 'ReduceMean', domain: '', input: ['numbers'], output: ['scores'] },
            attribute: [
              { name: 'axes', type: attributeType.ints, ints: [...axes] },
              { name: 'keepdims', type: attributeType.int, i: 0 },
            ],
          },
        ],
        input: [withDims('pixels', [rows, ...dims], elemType)],
        output: [withDims('scores', [rows, CHANNELS])],
        initializer: [],
      },
    });
  const withDims = (name: string, dims: readonly (number | string)[], elemType: number = dataType.float32) => ({
    name,
    type: {
      tensorType: {
        elemType,
        shape: { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
      },
    },
  });
  const image = Array.from({ length: 2 }, (_, y) =>
    Array.from({ length: 4 }, (__, x) => [y + x / 4, 2 * y, Number(x > 1)]),
  );

  test.each([
    ['first', means([CHANNELS, 2, 4], [2, 3])],
    ['last', means([2, 4, CHANNELS], [1, 2])],
  ])('with its channels %s takes arrays of their numbers, whichever way round', async (_, bytes) => {
    const { onnx, serving, notes } = await readImported(bytes, { target: 'class', classes: ['r', 'g', 'b'] });
    expect(serving).toMatchObject({
      ...{ kind: 'image', task: 'classification', features: [] },
      input: { channels: CHANNELS, height: 2, width: 4, values: 'numbers' },
    });
    expect(notes[0]).toBe(
      'input pixels takes images, whose numbers go to the network as they are: whoever calls scales them',
    );
    await using session = await openSession(onnx);
    const planes = [0, 1, 2].map((c) => image.map((row) => row.map((pixel) => pixel[c]!)));
    const feeds = await kindNamed('image').tensors(serving, [image, planes] as Input[]);
    const exps = [0.5 + 3 / 8, 1, 0.5].map(Math.exp);
    const expected = exps.map((exp) => exp / exps.reduce((a, b) => a + b, 0));
    const { probabilities, label } = await session.run(feeds);
    expect(toNumbers(probabilities!)).toEqual([...expected, ...expected].map((value) => expect.closeTo(value, 6)));
    expect([...expectTensor('label', label, 'string').data]).toEqual(['g', 'g']);
    // What is missing is 0.
    const nothing = await session.run(await kindNamed('image').tensors(serving, [new Array(24).fill(null)]));
    expect(toNumbers(nothing.probabilities!)).toEqual([1, 1, 1].map((one) => expect.closeTo(one / 3, 6)));
  });

  test.each([17, 8])('takes files and bytes where it is said what it makes of them, by ONNX %i', async (version) => {
    const pixels = { scale: 255, mean: [0.5, 0.25, 0], deviation: [0.5] };
    const bytes = means([2, 4, CHANNELS], [1, 2], { version });
    const { onnx, serving, notes } = await readImported(bytes, { target: 'class', pixels });
    expect(serving.input).toMatchObject({ values: 'bytes' });
    expect(notes[0]).toBe('input pixels takes images, of whose bytes it is given (byte / 255 - 0.5, 0.25, 0) / 0.5');
    const file = `data:image/bmp;base64,${greyBmp(4, 2, () => 102).toString('base64')}`;
    const array = new Array(2).fill(new Array(4).fill([102, 102, 102]));
    await using session = await openSession(onnx);
    const { probabilities } = await session.run(await kindNamed('image').tensors(serving, [file, array] as Input[]));
    const exps = [-0.1, 0.15, 0.4].map((one) => Math.exp(2 * one));
    const expected = exps.map((exp) => exp / exps.reduce((a, b) => a + b, 0));
    expect(toNumbers(probabilities!)).toEqual([...expected, ...expected].map((value) => expect.closeTo(value, 6)));
  });

  test('has its pixels refused where they do not fit', async () => {
    const refusal = async (bytes: Uint8Array, mean: number[]) => {
      const error = await readImported(bytes, { target: 'y', pixels: { scale: 1, mean, deviation: [1] } }).catch(
        (thrown: unknown) => thrown,
      );
      return (error as ValidationError).details[0];
    };
    expect(await refusal(means([2, 4, 3], [1, 2]), [0, 0])).toEqual({
      field: 'pixels.mean',
      message: 'must have 1 number, or 3, one for each channel; got 2',
    });
    const table = bytesOf(recorded.served['scikit-learn, a table'].onnx);
    expect(await refusal(table, [0])).toMatchObject({
      field: 'pixels',
      message: 'must be left out: the model takes no images',
    });
  });

  test('is compared with the answers that it gave before', async () => {
    const wishes = { target: 'class', classes: ['r', 'g', 'b'] };
    const given = (label: string) =>
      readImported(means([2, 4, 3], [1, 2]), { ...wishes, examples: [{ input: image as Input, class: label }] });
    await expect(given('g')).resolves.toBeDefined();
    await expect(given('b')).rejects.toMatchObject({ details: [{ field: 'examples[0].class' }] });
    const rows = [{ input: [1, 2], class: 'g' }];
    await expect(readImported(means([2, 4, 3], [1, 2]), { ...wishes, examples: rows })).rejects.toMatchObject({
      details: [{ field: 'examples[0].input', message: expect.stringContaining('must be an array [2, 4, 3]') }],
    });
  });

  /** The probabilities of the means of its channels. */
  const softmaxOf = (scores: readonly number[]): number[] => {
    const exps = scores.map((score) => Math.exp(score - Math.max(...scores)));
    return exps.map((exp) => exp / exps.reduce((a, b) => a + b, 0));
  };

  test.each([
    ['uint8', dataType.uint8, undefined, [100, 101, 102]],
    ['int8', dataType.int8, undefined, [-28, -27, -26]],
    ['int8, as it is said', dataType.int8, { scale: 1, mean: [100], deviation: [1] }, [0, 1, 2]],
    ['uint8, rounded and within its range', dataType.uint8, { scale: 50, mean: [0], deviation: [1] }, [2, 2, 2]],
    ['uint8, not below its range', dataType.uint8, { scale: 1, mean: [101], deviation: [1] }, [0, 0, 1]],
    ['float16', dataType.float16, { scale: 100, mean: [0], deviation: [1] }, [1, 1.01, 1.02]],
  ] as const)('in %s takes files and bytes', async (_, elemType, pixels, scores) => {
    const bytes = means([2, 4, CHANNELS], [1, 2], { elemType });
    const { onnx, serving } = await readImported(bytes, { target: 'class', pixels });
    expect(serving.input).toMatchObject({ values: 'bytes', height: 2, width: 4 });
    await using session = await openSession(onnx);
    const array = new Array(2).fill(new Array(4).fill([100, 101, 102]));
    const { probabilities } = await session.run(await kindNamed('image').tensors(serving, [array, array] as Input[]));
    const expected = softmaxOf(scores);
    // Half precision has eleven bits.
    expect(toNumbers(probabilities!)).toEqual([...expected, ...expected].map((value) => expect.closeTo(value, 3)));
  });

  test('in float16 takes the numbers of the network where nothing is said', async () => {
    const bytes = means([CHANNELS, 2, 4], [2, 3], { elemType: dataType.float16 });
    const { serving, notes } = await readImported(bytes, { target: 'class' });
    expect(serving.input).toMatchObject({ values: 'numbers' });
    expect(notes[0]).toMatch(/^input pixels takes images, whose numbers go to the network as they are/);
  });

  test.each([
    ['first', [CHANNELS, 'height', 'width'], [2, 3]],
    ['last', ['height', 'width', CHANNELS], [1, 2]],
  ] as const)('of any size, with its channels %s, has the size that is said', async (_, dims, axes) => {
    const bytes = means(dims, axes);
    const { onnx, serving, notes } = await readImported(bytes, { target: 'class', image_size: [2, 4] });
    expect(serving.input).toMatchObject({ channels: CHANNELS, height: 2, width: 4 });
    expect(notes[0]).toMatch(/^input pixels takes images of 2 by 4 pixels, as the import says, whose numbers/);
    await using session = await openSession(onnx);
    const { probabilities } = await session.run(await kindNamed('image').tensors(serving, [image] as Input[]));
    const expected = softmaxOf([0.5 + 3 / 8, 1, 0.5]);
    expect(toNumbers(probabilities!)).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });

  test.each([
    [[CHANNELS, 'height', 'width'], undefined, /^must be given, such as 224: .* takes images of any size, \[\?, \?\]/],
    [[CHANNELS, 2, 4], 4, /^must be what the file says, \[2, 4\]; got \[4, 4\]$/],
    [[CHANNELS, 2, 'width'], [3, 4], /^must be what the file says, \[2, \?\]; got \[3, 4\]$/],
    [[CHANNELS, 'height', 'width'], 4096, /^must be smaller: an image must have at most 4194304 numbers$/],
  ] as const)('%j, of a size %j, is refused by the size', async (dims, image_size, message) => {
    await expect(readImported(means(dims, [2, 3]), { target: 'y', image_size })).rejects.toMatchObject({
      details: [{ field: 'image_size', message: expect.stringMatching(message) }],
    });
  });

  test('a table has no size of images', async () => {
    const table = bytesOf(recorded.served['scikit-learn, a table'].onnx);
    await expect(readImported(table, { target: 'y', image_size: 8 })).rejects.toMatchObject({
      details: [{ field: 'image_size', message: 'must be left out: the model takes no images' }],
    });
  });

  test('that says one row takes several, each by itself', async () => {
    const { onnx, serving, notes } = await readImported(means([3, 2, 4], [2, 3], { rows: 1 }), { target: 'y' });
    expect(notes[0]).toMatch(/the file says one row, and it takes several$/);
    await using session = await openSession(onnx);
    const other = new Array(24).fill(null);
    const { probabilities } = await session.run(await kindNamed('image').tensors(serving, [image, other] as Input[]));
    const expected = [...softmaxOf([0.5 + 3 / 8, 1, 0.5]), ...softmaxOf([1, 1, 1])];
    expect(toNumbers(probabilities!)).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });

  test.each([
    ['two rows', means([3, 2, 4], [2, 3], { rows: 2 }), /'pixels' .* takes exactly 2 rows; export it with a dynamic/],
    ['one row, whose operators hold it', means([3, 2, 4], [0, 2, 3], { rows: 1 }), /'pixels' .* exactly 1 row; export/],
  ])('that takes %s is refused, and what to do is said', async (_, bytes, message) => {
    await expect(readImported(bytes, { target: 'y' })).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringMatching(message) }],
    });
  });

  test.each([
    ['of four channels', [4, 8, 8], undefined, /with 1 or 3 channels; got \[rows, 4, 8, 8\]$/],
    ['with names of features', [3, 2, 4], ['a'], /^must be left out: the model takes images/],
  ] as const)('%s is refused', async (_, dims, features, message) => {
    await expect(readImported(means(dims, [2, 3]), { target: 'y', features })).rejects.toMatchObject({
      details: [{ message: expect.stringMatching(message) }],
    });
  });
});
