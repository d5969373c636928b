import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { compareOutputs } from '#engine/onnx/int8/difference.ts';
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { int8Weights } from '#engine/onnx/int8/weights.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { field, fieldsOf } from '#engine/onnx/wire.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { tanh } from '#engine/ops/activation.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { concat, split } from '#engine/ops/join.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { transpose } from '#engine/ops/movement.ts';
import { heUniform, uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { tensor, toNumbers } from '#engine/tensor.ts';
import { file, node } from '../files.ts';

const weights = (rows: number, columns: number) => heUniform([rows, columns], uniformStream(7, 'w'));

const ramp = (rows: number, columns: number) =>
  tensor(
    'float32',
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 101) / 50 - 1),
  );

/** x · W, of 64 by 32. */
function network(): Uint8Array {
  const b = new Builder();
  const x = b.input('x', 'float32', ['rows', 64]);
  const w = b.constant(tensor('float32', [64, 32], weights(64, 32)));
  return writeModel(new Graph('g', [x], { y: matMul(b, x, w) }), { producer: 'test' });
}

const float = (name: string, dims: number[], data: Float32Array) => ({
  name,
  dims,
  dataType: 1,
  rawData: new Uint8Array(data.buffer),
});

describe('int8Weights', () => {
  test('differ by at most half a step of their channel, and keep zeros', () => {
    const data = weights(16, 20);
    data[0] = 0;
    for (const axis of [0, 1]) {
      const { values, scales } = int8Weights(data, [16, 20], axis)!;
      for (const [i, value] of data.entries()) {
        const scale = scales[axis === 0 ? Math.floor(i / 20) : i % 20]!;
        expect(Math.abs(value - values[i]! * scale)).toBeLessThanOrEqual(scale / 2 + 1e-7);
      }
      expect(values[0]).toBe(0);
    }
  });

  test('of a channel of zeros are zeros', () => {
    const { values, scales } = int8Weights(new Float32Array(4), [2, 2], 0)!;
    expect([[...values], [...scales]]).toEqual([
      [0, 0, 0, 0],
      [1, 1],
    ]);
  });

  test('that are not finite are none', () => {
    expect(int8Weights(Float32Array.of(1, Number.NaN), [1, 2], 0)).toBeUndefined();
    expect(int8Weights(Float32Array.of(1, Number.POSITIVE_INFINITY), [1, 2], 0)).toBeUndefined();
  });
});

describe('quantizeModel', () => {
  test('makes a model of about a quarter of the size, whose outputs differ a little', async () => {
    const model = network();
    const { bytes, elements, tensors } = quantizeModel(model);
    expect([elements, tensors]).toEqual([64 * 32, 1]);
    expect(bytes.length).toBeLessThan(0.4 * model.length);
    const { largest, mean, range, samples } = await compareOutputs(model, bytes);
    expect(samples).toBe(40);
    expect(largest).toBeGreaterThan(0);
    expect(mean).toBeLessThanOrEqual(largest);
    expect(largest).toBeLessThan(0.02 * (range[1] - range[0]));
  });

  test('scales the rows of a table that are taken, by a scale for each', async () => {
    const table = weights(100, 8).map((value, i) => value * (1 + Math.floor(i / 8)));
    const model = file({
      node: [node('Gather', ['table', 'index'], ['y'])],
      initializer: [float('table', [100, 8], table), { name: 'index', dims: [3], dataType: 7, int64Data: [0, 50, 99] }],
      input: [],
    });
    const { bytes } = quantizeModel(model);
    await using session = await openSession(bytes, { threads: 1 });
    const { y } = await session.run({});
    expect(y!.shape).toEqual([3, 8]);
    for (const [i, row] of [0, 50, 99].entries()) {
      const wanted = table.subarray(row * 8, row * 8 + 8);
      const step = Math.max(...wanted.map(Math.abs)) / 127;
      for (const [j, value] of wanted.entries())
        expect(Math.abs(toNumbers(y!)[i * 8 + j]! - value)).toBeLessThanOrEqual(step / 2 + 1e-6);
    }
    expect(parseModel(bytes).graph.node.map(({ opType }) => opType)).toEqual(['Gather', 'Gather', 'Cast', 'Mul']);
  });

  test.each([
    ['Gemm', [], [16, 32]],
    ['Gemm', [{ name: 'transB', type: 2, i: 1 }], [32, 16]],
    ['MatMul', [], [16, 32]],
  ] as const)('takes the weights of %s with %j', async (opType, attributes, dims) => {
    const x = { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }, { dimValue: 16 }] } } } };
    const model = file({
      node: [node(opType, ['x', 'w'], ['y'], [...attributes])],
      initializer: [float('w', [...dims], weights(dims[0], dims[1]))],
      input: [x],
    });
    const { largest, range } = await compareOutputs(model, quantizeModel(model).bytes);
    expect(largest).toBeLessThan(0.03 * (range[1] - range[0]));
  });

  test('takes the gates of a recurrent cell, which are put into another order before they are multiplied by', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 16]);
    const gates = b.constant(tensor('float32', [64, 16], weights(64, 16)));
    const [input, forget, cell, output] = split(b, gates, 0, [16, 16, 16, 16]);
    const reordered = concat(b, [input!, output!, forget!, cell!], 0);
    const y = matMul(b, x, transpose(b, reordered));
    const model = writeModel(new Graph('g', [x], { y }), { producer: 'test' });
    const { bytes, elements } = quantizeModel(model);
    expect(elements).toBe(64 * 16);
    const { largest, range } = await compareOutputs(model, bytes);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.03 * (range[1] - range[0]));
  });

  test('computes products of integers where that is asked for, by one kernel for what several matrices have in common', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 64]);
    const [one, other] = [b.constant(tensor('float32', [64, 32], weights(64, 32))), b.constant(ramp(64, 16))];
    const graph = new Graph('g', [x], { y: matMul(b, x, one), z: matMul(b, x, other) });
    const model = writeModel(graph, { producer: 'test' });
    const { bytes } = quantizeModel(model, { integerProducts: true });
    expect(bytes.length).toBeLessThan(0.5 * model.length);
    const types = parseModel(bytes).graph.node.map(({ opType }) => opType);
    expect(types.filter((type) => type === 'DynamicQuantizeLinear')).toHaveLength(1);
    expect(types.filter((type) => type === 'MatMulInteger')).toHaveLength(2);
    const { largest, range } = await compareOutputs(model, bytes);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.02 * (range[1] - range[0]));
  });

  test('has the exact sums of integers, also of the largest ones, which signed 16 bits would not hold', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 64]);
    const w = b.constant(tensor('float32', [64, 32], new Float32Array(64 * 32).fill(1)));
    const model = writeModel(new Graph('g', [x], { y: matMul(b, x, w) }), { producer: 'test' });
    await using session = await openSession(quantizeModel(model, { integerProducts: true }).bytes, { threads: 1 });
    const { y } = await session.run({ x: tensor('float32', [2, 64], new Float32Array(128).fill(1)) });
    for (const value of toNumbers(y!)) expect(value).toBeCloseTo(64, 4);
  });

  test('keeps fields that it does not know', () => {
    const unknown = Buffer.concat(field(99, Buffer.from('of another version')));
    const model = Buffer.concat([network(), unknown]);
    const fields = [...fieldsOf(quantizeModel(model).bytes)];
    expect(Buffer.from(fields.at(-1)!.raw)).toEqual(unknown);
  });

  test('leaves weights that are read otherwise, small, or given by the caller', () => {
    const w = float('w', [16, 32], weights(16, 32));
    const io = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [] } } } });
    const read = [node('MatMul', ['x', 'w'], ['y']), node('Relu', ['w'], ['z'])];
    expect(() => quantizeModel(file({ node: read, initializer: [w] }))).toThrow(/no weights/);
    const small = float('w', [4, 4], weights(4, 4));
    expect(() => quantizeModel(file({ node: [read[0]!], initializer: [small] }))).toThrow(/no weights/);
    const given = { node: [read[0]!], initializer: [w], input: [io('x'), io('w')] };
    expect(() => quantizeModel(file(given))).toThrow(/no weights/);
  });

  test.each([
    ['text', Buffer.from('not a model at all'), /not an ONNX model/],
    ['nothing', Buffer.alloc(0), /not an ONNX model/],
    ['an early opset', file({}, 9), /opset 13 or later; got 9/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => quantizeModel(bytes)).toThrow(message);
  });
});

describe('compareOutputs', () => {
  test('finds no difference of a model from itself', async () => {
    expect(await compareOutputs(network(), network())).toMatchObject({ largest: 0, mean: 0 });
  });

  test('sees what differs in a model that standardises its inputs', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 64]);
    const standard = mul(b, add(b, x, -44), 1 / 5);
    const w = b.constant(
      tensor(
        'float32',
        [64, 32],
        weights(64, 32).map((one) => one + 0.1),
      ),
    );
    const y = tanh(b, matMul(b, standard, w));
    const model = writeModel(new Graph('standardising', [x], { y }), { producer: 'test' });
    const { largest, samples, scales } = await compareOutputs(model, quantizeModel(model).bytes);
    expect(largest).toBeGreaterThan(1e-4);
    expect([samples, scales]).toEqual([40, [0.01, 0.1, 1, 10, 100]]);
  });

  test('runs nothing that reads other files, or may never end', async () => {
    const external = { ...float('w', [2], new Float32Array(2)), dataLocation: 1, externalData: [] };
    const outside = file({ initializer: [external] });
    await expect(compareOutputs(outside, outside)).rejects.toThrow(/in another file/);
    const inner = { name: 'body', node: [], initializer: [], input: [], output: [] };
    const loop = file({ node: [node('Loop', ['x'], ['y'], [{ name: 'body', type: 5, g: inner }])] });
    await expect(compareOutputs(loop, loop)).rejects.toThrow(/loops or branches/);
    const functions = Buffer.concat([network(), ...field(25, Buffer.alloc(0))]);
    await expect(compareOutputs(functions, functions)).rejects.toThrow(/functions of its own/);
  });

  test('takes whole numbers', async () => {
    const x = {
      name: 'x',
      type: { tensorType: { elemType: 7, shape: { dim: [{ dimParam: 'n' }, { dimValue: 2 }] } } },
    };
    const model = file({ node: [node('Cast', ['x'], ['y'], [{ name: 'to', type: 2, i: 1 }])], input: [x] });
    const { range } = await compareOutputs(model, model);
    expect(range).toEqual([0, 1]);
  });
});
