import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import type { InferenceInput } from '#functions/platform/oip/request.ts';
import { aboutTensors, rowsOf } from '#functions/platform/oip/rows.ts';
import { imageTensors } from '#learning/image/tensors.ts';
import { kindNamed } from '#learning/kinds.ts';
import { seriesTensors } from '#learning/series/tensors.ts';
import type { Serving } from '#learning/serving/description.ts';

const NOTHING = new Uint8Array();
const IMAGES: Serving = {
  ...{ format: 1, kind: 'image', task: 'regression', target: 'label', classes: [], features: [] },
  input: { channels: 3, height: 2, width: 2, values: 'bytes' },
};
const SERIES: Serving = {
  ...{ format: 1, kind: 'series', task: 'regression', target: 'y', classes: [], input: { steps: 2, horizon: 0 } },
  features: [
    { name: 'x', type: 'number', input: 'x' },
    { name: 'kind', type: 'category', input: 'kind' },
  ],
};
const tensor = (name: string, shape: number[], data: unknown[], datatype = 'FP32'): InferenceInput => ({
  ...{ name, shape, data, datatype: datatype as InferenceInput['datatype'] },
});
const details = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof ValidationError) return error.details;
    throw error;
  }
  return [];
};

const TEXTS: Serving = {
  ...{ format: 1, kind: 'text', task: 'classification', target: 'y', classes: ['a', 'b'] },
  features: [{ name: 'said', type: 'category', input: 'text' }],
};

describe('a model of texts', () => {
  test('takes one tensor, text, and says so for another name', () => {
    const of = kindNamed(TEXTS.kind).tensorInputs(TEXTS);
    expect(of.tensors).toEqual([{ name: 'text', datatype: 'BYTES', shape: [-1, 1] }]);
    expect(rowsOf(of, [tensor('text', [2, 1], ['a', 'b'], 'BYTES')], NOTHING, 10)).toEqual([['a'], ['b']]);
    expect(details(() => rowsOf(of, [tensor('said', [1, 1], ['a'], 'BYTES')], NOTHING, 10))).toEqual([
      { field: 'inputs[0].name', message: 'must be one of the model\'s inputs: "text"; got "said"' },
    ]);
  });
});

describe('a model of many features', () => {
  test('names the first ten of its tensors where another is given', () => {
    const features = Array.from({ length: 12 }, (_, i) => ({ name: `f${i}`, type: 'number', input: `f${i}` }) as const);
    const of = kindNamed('table').tensorInputs({ format: 1, task: 'regression', target: 'y', classes: [], features });
    expect(details(() => rowsOf(of, [tensor('x', [1, 1], [1])], NOTHING, 10))).toEqual([
      {
        field: 'inputs[0].name',
        message: expect.stringMatching(/inputs: "f0", .*, "f9" and 2 more, which its metadata lists; got "x"$/),
      },
    ]);
  });
});

describe('a model of images', () => {
  const of = kindNamed(IMAGES.kind).tensorInputs(IMAGES);
  test('takes one tensor of the shape of its ONNX file', async () => {
    expect(of.tensors).toEqual([{ name: 'image', datatype: 'FP32', shape: [-1, 3, 2, 2] }]);
    const numbers = Array.from({ length: 24 }, (_, i) => i);
    const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
    const binary = { ...tensor('image', [2, 3, 2, 2], []), parameters: { binary_data_size: bytes.length } };
    const { data: _, ...withoutData } = binary;
    const nested = [0, 12].map((from) => [[0, 4, 8].map((plane) => numbers.slice(from + plane, from + plane + 4))]);
    for (const [given, rest] of [
      [tensor('image', [2, 3, 2, 2], numbers), NOTHING],
      [tensor('image', [2, 3, 2, 2], nested), NOTHING],
      [withoutData as InferenceInput, bytes],
    ] as const) {
      const { image } = await imageTensors(IMAGES, rowsOf(of, [given], rest, 10));
      expect([image!.shape, Array.from(image!.data as Float32Array)]).toEqual([[2, 3, 2, 2], numbers]);
    }
  });

  test('that sees colours takes grey as three equal channels', async () => {
    const given = [tensor('image', [1, 1, 2, 2], [0, 50, 100, 255])];
    const { image } = await imageTensors(IMAGES, rowsOf(of, given, NOTHING, 10));
    const plane = [0, 50, 100, 255];
    expect(Array.from(image!.data as Float32Array)).toEqual([...plane, ...plane, ...plane]);
  });

  test('that sees grey takes colours, and makes of them what Pillow does', async () => {
    const grey = { ...IMAGES, input: { channels: 1, height: 2, width: 2, values: 'bytes' } };
    const takes = kindNamed(grey.kind).tensorInputs(grey);
    expect(takes.tensors).toEqual([{ name: 'image', datatype: 'FP32', shape: [-1, 1, 2, 2] }]);
    const [red, green, blue] = [
      [255, 0, 0, 10],
      [0, 255, 0, 20],
      [0, 0, 255, 30],
    ] as const;
    const luma = [76, 150, 29, 18];
    const colours = [tensor('image', [2, 3, 2, 2], [...red, ...green, ...blue, ...red, ...green, ...blue])];
    const { image } = await imageTensors(grey, rowsOf(takes, colours, NOTHING, 10));
    expect([image!.shape, Array.from(image!.data as Float32Array)]).toEqual([
      [2, 1, 2, 2],
      [...luma, ...luma],
    ]);
    const plain = [tensor('image', [1, 1, 2, 2], luma)];
    const same = await imageTensors(grey, rowsOf(takes, plain, NOTHING, 10));
    expect(Array.from(same.image!.data as Float32Array)).toEqual(luma);
    expect(details(() => rowsOf(takes, [tensor('image', [1, 2, 2, 2], [])], NOTHING, 10))).toEqual([
      { field: 'inputs[0].shape', message: 'must be [rows, 1, 2, 2] or [rows, 3, 2, 2]; got [1, 2, 2, 2]' },
    ]);
  });

  test('of a table whose columns are the pixels takes the tensor of its file, and no other channels', async () => {
    const table: Serving = {
      ...IMAGES,
      input: { channels: 1, height: 2, width: 2, values: 'numbers', columns: ['a', 'b', 'c', 'd'] },
    };
    const takes = kindNamed(table.kind).tensorInputs(table);
    expect(takes.tensors).toEqual([{ name: 'image', datatype: 'FP32', shape: [-1, 1, 2, 2] }]);
    const rows = rowsOf(takes, [tensor('image', [2, 1, 2, 2], [1, 2, 3, null, 5, 6, 7, 8])], NOTHING, 10);
    const { image } = await imageTensors(table, rows);
    expect(Array.from(image!.data as Float32Array)).toEqual([1, 2, 3, Number.NaN, 5, 6, 7, 8]);
    expect(details(() => rowsOf(takes, [tensor('image', [1, 3, 2, 2], [])], NOTHING, 10))).toEqual([
      { field: 'inputs[0].shape', message: 'must be [rows, 1, 2, 2]; got [1, 3, 2, 2]' },
    ]);
  });

  test('says which shape it takes', () => {
    const wrong = (shape: number[]) => details(() => rowsOf(of, [tensor('image', shape, [])], NOTHING, 10));
    for (const shape of [[1], [1, 12], [1, 2, 2, 3], [1, 3, 2, 2, 1]]) {
      expect(wrong(shape)).toEqual([
        { field: 'inputs[0].shape', message: `must be [rows, 3, 2, 2] or [rows, 1, 2, 2]; got [${shape.join(', ')}]` },
      ]);
    }
    expect(wrong([11, 3, 2, 2])[0]!.message).toBe('must have between 1 and 10 rows; got [11, 3, 2, 2]');
  });
});

describe('a model of series', () => {
  const of = kindNamed(SERIES.kind).tensorInputs(SERIES);
  const given = (x: unknown[]) => [
    tensor('kind', [2, 2], ['u', 'v', 'w', ''], 'BYTES'),
    tensor('x', [2, 2], x, 'FP64'),
  ];

  test('takes one window for each feature', () => {
    expect(of.tensors).toEqual([
      { name: 'x', datatype: 'FP64', shape: [-1, 2] },
      { name: 'kind', datatype: 'BYTES', shape: [-1, 2] },
    ]);
    const rows = rowsOf(
      of,
      given([
        [1, 2],
        [3, null],
      ]),
      NOTHING,
      10,
    );
    expect(rows).toEqual([
      [
        [1, 'u'],
        [2, 'v'],
      ],
      [
        [3, 'w'],
        [null, ''],
      ],
    ]);
    expect(seriesTensors(SERIES, rows).x!.data).toEqual(Float64Array.of(1, 2, 3, Number.NaN));
  });

  test('names the tensor and the step of a value that it does not take', () => {
    const rows = rowsOf(of, [given([])[0]!, tensor('x', [2, 2], ['1', '2', '3', 'much'], 'BYTES')], NOTHING, 10);
    let thrown: unknown;
    try {
      seriesTensors(SERIES, rows);
    } catch (error) {
      thrown = error;
    }
    expect((aboutTensors(thrown, of) as ValidationError).details).toEqual([
      { field: 'x[1][1]', message: 'must be a number for feature "x", or null; got "much"' },
    ]);
  });
});
