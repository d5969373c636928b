import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { networkOf, type OnnxModel, readModel } from '#engine/onnx/read.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import { initialState, parametersOf } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { Training } from '#engine/training/training.ts';
import { type Build, random } from '../harness.ts';
import { bothWays } from './both-ways.ts';
import { file, node } from './files.ts';

const options = { threads: 1 } as const;
const meta = { producer: 'test' };

const float = (seed: number, shape: number[], low = -1, high = 1) => random(seed, shape, low, high, 'float32');

/** Graphs that together use every operator that is written, each over inputs x0, x1, … */
const written: Readonly<Record<string, readonly [readonly Tensor[], Build]>> = {
  arithmetic: [
    [float(1, [2, 3], 0.5, 2), float(2, [3], 0.5, 2)],
    (b, [x, y]) => ({
      a: ops.add(b, ops.sub(b, x!, y!), ops.mul(b, x!, ops.div(b, x!, y!))),
      c: ops.pow(b, ops.maximum(b, x!, y!), ops.minimum(b, x!, y!)),
      d: ops.add(b, ops.sin(b, x!), ops.add(b, ops.cos(b, y!), ops.erf(b, ops.neg(b, ops.abs(b, x!))))),
      e: ops.add(b, ops.log(b, x!), ops.add(b, ops.sqrt(b, y!), ops.reciprocal(b, ops.exp(b, x!)))),
      f: ops.add(b, ops.floor(b, x!), ops.add(b, ops.ceil(b, x!), ops.add(b, ops.round(b, x!), ops.sign(b, y!)))),
    }),
  ],
  activations: [
    [float(1, [2, 5], -3, 3)],
    (b, [x]) => ({
      a: ops.gelu(b, ops.leakyRelu(b, x!, 0.2)),
      c: ops.silu(b, ops.softplus(b, x!)),
      d: ops.clip(b, ops.tanh(b, ops.relu(b, x!)), 0.1, 0.5),
      e: ops.softmax(b, ops.logSoftmax(b, x!, 0)),
    }),
  ],
  comparisons: [
    [float(1, [4]), float(2, [4])],
    (b, [x, y]) => {
      const both = ops.and(b, ops.greater(b, x!, y!), ops.not(b, ops.less(b, x!, 0)));
      const either = ops.or(b, ops.xor(b, both, ops.equal(b, x!, y!)), ops.isNan(b, y!));
      const more = ops.or(b, ops.greaterOrEqual(b, x!, 0.2), ops.or(b, ops.lessOrEqual(b, y!, 0), ops.isInf(b, x!)));
      return {
        a: ops.where(b, ops.and(b, either, more), x!, y!),
        c: ops.mod(b, ops.cast(b, ops.mul(b, x!, 100), 'int64'), 7),
      };
    },
  ],
  reductions: [
    [float(1, [2, 3, 4])],
    (b, [x]) => ({
      a: ops.reduceSum(b, x!, { axes: [1] }),
      c: ops.reduceMean(b, x!, { axes: [0, 2], keepDims: true }),
      d: ops.reduceMax(b, x!),
      e: ops.reduceMin(b, x!, { axes: [-1] }),
      f: ops.reduceLogSumExp(b, x!, { axes: [1] }),
      g: ops.argMax(b, x!, 1),
    }),
  ],
  products: [
    [float(1, [2, 3, 4]), float(2, [4, 5]), float(3, [5])],
    (b, [x, y, z]) => {
      const flat = ops.reshape(b, x!, [6, 4]);
      return {
        a: ops.linear(b, x!, y!, z),
        c: ops.gemm(b, y!, flat, undefined, { transX: true, transY: true }),
        d: ops.einsum(b, 'bij,jk->bk', [x!, y!]),
      };
    },
  ],
  movement: [
    [float(1, [2, 3, 4])],
    (b, [x]) => ({
      a: ops.transpose(b, ops.unsqueeze(b, x!, [1])),
      c: ops.squeeze(b, ops.slice(b, x!, 1, 1, 2), [1]),
      d: ops.padAll(
        b,
        ops.window(b, x!, [null, { start: 0, end: 3, step: 2 }, { start: 1, end: 4, step: 1 }]),
        [0, 1, 0],
        [1, 0, 2],
        3,
      ),
      e: ops.concat(b, [x!, ops.expand(b, ops.reduceSum(b, x!, { axes: [2], keepDims: true }), [2, 3, 2])], 2),
      f: ops.shapeOf(b, x!),
    }),
  ],
  indexing: [
    [float(1, [3, 4]), tensorFrom('int64', [2, 4], [0, 1, 2, 0, 2, 0, 1, 1]), float(2, [2, 4])],
    (b, [x, i, u]) => ({
      a: ops.gatherElements(b, x!, i!, 0),
      c: ops.scatterElements(b, x!, i!, u!, 0, 'add'),
      d: ops.gather(b, x!, i!, 1),
      e: ops.gatherND(b, x!, ops.slice(b, i!, 1, 1, 3)),
      f: ops.scatterND(b, x!, ops.slice(b, i!, 1, 0, 1), u!),
      g: ops.topK(b, x!, 2, 0).values,
      h: ops.trilu(b, ops.cumSum(b, x!, 1, { reverse: true }), { upper: false, diagonal: 1 }),
    }),
  ],
  layers: [
    [float(1, [2, 4, 7, 6]), float(2, [6, 2, 3, 2]), float(3, [6]), float(4, [6])],
    (b, [x, w, c, g]) => {
      const y = ops.conv(b, x!, w!, c, { groups: 2, strides: [2, 1], pads: [1, 0], padsAfter: [0, 1] });
      return {
        a: ops.maxPool(b, y, [2, 2], { pads: 1, strides: 2 }),
        c: ops.averagePool(b, y, [2, 3], { pads: [1, 0], includePads: true }),
        d: ops.convTranspose(b, y, w!, { groups: 2, strides: [2, 1], pads: 1 }),
        e: ops.layerNorm(b, ops.transpose(b, y, [0, 2, 3, 1]), g!, c),
        f: ops.groupNorm(b, y, 3, g!, c!),
      };
    },
  ],
  volumes: [
    [float(1, [2, 2, 5, 4, 6]), float(2, [4, 2, 3, 2, 1]), float(3, [4])],
    (b, [x, w, c]) => {
      const y = ops.conv(b, x!, w!, c, { strides: [2, 1, 1], dilations: [1, 2, 1], pads: 1, padsAfter: [0, 1, 2] });
      return {
        a: ops.maxPool(b, y, [2, 1, 2], { pads: [1, 0, 0], padsAfter: [0, 0, 1] }),
        c: ops.averagePool(b, y, [1, 2, 2], { strides: 2, pads: [0, 1, 0] }),
        d: ops.convTranspose(b, y, w!, { strides: [1, 2, 1], pads: 1, outputPads: [0, 1, 0] }),
        e: ops.globalMaxPool(b, ops.groupNorm(b, y, 2, c!, c!)),
      };
    },
  ],
};

describe('reading what was written', () => {
  test.each(Object.entries(written))('%s come back as they were', async (_, [inputs, build]) => {
    const b = new Builder();
    const values = inputs.map((input, i) => b.input(`x${i}`, input.dtype, input.shape));
    const bytes = writeModel(new Graph('g', values, build(b, values)), meta);
    const { wanted, got } = await bothWays(bytes, Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])));
    for (const [name, value] of Object.entries(wanted)) {
      expect(got[name]!.shape).toEqual(value.shape);
      for (const [i, x] of toNumbers(value).entries()) expect(toNumbers(got[name]!)[i]).toBeCloseTo(x, 5);
    }
  });
});

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/golden/${name}.onnx`, import.meta.url));
const exported = { convolutional: [4, 2, 10, 9], recurrent: [4, 6, 3], encoder: [4, 4, 8] } as const;

describe.each(Object.entries(exported))('a %s model that PyTorch exported', (name, shape) => {
  const x = float(1, [...shape]);

  test('computes what the file computes, for another batch than it was exported with', async () => {
    const { wanted, got } = await bothWays(fixture(name), { x });
    for (const [i, value] of toNumbers(wanted.y!).entries()) expect(toNumbers(got.y!)[i]).toBeCloseTo(value, 5);
  });

  test('keeps a symbolic batch, or says which node multiplies it', () => {
    const model = readModel(fixture(name));
    expect(model.inputs.x!.shape[0]).toBe('rows');
    const b = new Builder();
    const inputs = { x: b.input('x', 'float32', ['rows', ...shape.slice(1)]) };
    const build = () => model.build(b, inputs, constants(b, model)).y!.type.shape[0];
    // PyTorch folds the heads into the batch.
    if (name === 'encoder') expect(build).toThrow(/^Reshape at node '.*self_attn.*': wants input 1 to be known/);
    else expect(build()).toBe('rows');
  });

  test('is fine-tuned: the loss falls, what trains moves and the rest stays', async () => {
    const model = readModel(fixture(name));
    const last = Object.keys(model.parameters)
      .filter((key) => model.parameters[key]!.shape.length === 2)
      .at(-1)!;
    const network = networkOf(model, (key) => key === last);
    const outputs = (await bothWays(fixture(name), { x })).wanted.y!.shape;
    const spec = {
      data: {
        x: { dtype: 'float32', shape: ['rows', ...shape.slice(1)] },
        y: { dtype: 'float32', shape: ['rows', ...outputs.slice(1)] },
      },
      target: 'y',
      network,
      loss: squaredError,
      optimizer: adam({ learningRate: 0.02 }),
      batchSize: 4,
      seed: 1,
    } as const;
    const before = initialState(spec, 1, model.parameters);
    const data = { x, y: float(2, [...outputs]) };
    await using training = await Training.open(compileTrain(spec), data, before, options);
    const { loss } = await training.run(Array.from({ length: 60 }, () => [0, 1, 2, 3]));
    expect(loss.at(-1)!).toBeLessThan(0.9 * loss[0]!);
    const after = parametersOf(training.state);
    const moved = Object.keys(after).filter(
      (key) => Buffer.compare(bytesOf(after[key]!), bytesOf(model.parameters[key]!)) !== 0,
    );
    expect(moved).toEqual([last]);
  });
});

test('every weight of an exported network can train', async () => {
  const model = readModel(fixture('convolutional'));
  const statistics = (key: string) => key.includes('running');
  const network = networkOf(model, (key) => !statistics(key));
  const spec = {
    data: { x: { dtype: 'float32', shape: ['rows', 2, 10, 9] }, y: { dtype: 'int64', shape: ['rows'] } },
    target: 'y',
    network,
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.02 }),
    batchSize: 4,
    seed: 1,
  } as const;
  const data = { x: float(1, [4, 2, 10, 9]), y: tensorFrom('int64', [4], [0, 1, 2, 1]) };
  await using training = await Training.open(
    compileTrain(spec),
    data,
    initialState(spec, 1, model.parameters),
    options,
  );
  const { loss } = await training.run(Array.from({ length: 80 }, () => [0, 1, 2, 3]));
  expect(loss.at(-1)!).toBeLessThan(0.2 * loss[0]!);
});

function constants(b: Builder, model: OnnxModel) {
  return Object.fromEntries(Object.entries(model.parameters).map(([name, t]) => [name, b.constant(t)]));
}

function bytesOf(t: Tensor): Buffer {
  if (t.dtype === 'string') throw new Error('no bytes');
  return Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength);
}

describe('weights', () => {
  const add = [node('Add', ['x', 'w'], ['y'])];

  test('may lie in another file, at an offset', async () => {
    const w = {
      name: 'w',
      dims: [2],
      dataType: 1,
      dataLocation: 1,
      externalData: [
        { key: 'location', value: 'w.bin' },
        { key: 'offset', value: '4' },
        { key: 'length', value: '8' },
      ],
    };
    const bytes = file({ node: add, initializer: [w] });
    const asked: unknown[] = [];
    const model = readModel(bytes, (...place) => {
      asked.push(place);
      return new Uint8Array(Float32Array.of(1.5, 2.5).buffer);
    });
    expect([asked, toNumbers(model.parameters.w!)]).toEqual([[['w.bin', 4, 8]], [1.5, 2.5]]);
    expect(() => readModel(bytes)).toThrow(new OnnxError("initialiser 'w' lies in file 'w.bin', which was not given"));
  });

  test('may be listed as numbers, and must be as many as the shape says', () => {
    const listed = { name: 'w', dims: [2], dataType: 1, floatData: [1, 2] };
    expect(toNumbers(readModel(file({ node: add, initializer: [listed] })).parameters.w!)).toEqual([1, 2]);
    const short = { name: 'w', dims: [3], dataType: 1, floatData: [1, 2] };
    expect(() => readModel(file({ node: add, initializer: [short] }))).toThrow(
      "initialiser 'w' has 2 values for shape [3]; wanted 3",
    );
    const narrow = { name: 'w', dims: [2], dataType: 5, rawData: new Uint8Array(4) };
    expect(() => readModel(file({ node: add, initializer: [narrow] }))).toThrow("initialiser 'w' has element type 5");
  });
});

test('parsing keeps what was written', () => {
  const bytes = file({ node: [node('Exp', ['x'], ['y'])] });
  expect(parseModel(bytes).graph.node[0]).toMatchObject({ opType: 'Exp', input: ['x'], output: ['y'] });
});
