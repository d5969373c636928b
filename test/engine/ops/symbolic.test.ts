import { expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, topological, type Value } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { simplify } from '#engine/simplify.ts';
import { type Tensor, type Tensors, toNumbers } from '#engine/tensor.ts';
import type { Shape } from '#engine/type.ts';
import { random } from '../harness.ts';

interface Case {
  /** The sizes of x after its rows. */
  readonly rest: readonly number[];
  readonly f: (b: Builder, x: Value) => Value;
}

const constant = (b: Builder, seed: number, shape: readonly number[]) =>
  b.constant(random(seed, shape, 0.5, 1.5, 'float32'));
const vector = { rest: [4] } as const;
const image = { rest: [2, 6, 5] } as const;

/** What a network does to rows whose number it does not know; x may be any of its inputs. */
const cases: Readonly<Record<string, Case>> = {
  elementwise: { ...vector, f: (b, x) => ops.div(b, ops.sin(b, x), ops.add(b, ops.exp(b, x), constant(b, 1, [4]))) },
  where: { ...vector, f: (b, x) => ops.where(b, ops.greater(b, x, 0), ops.mul(b, x, x), ops.neg(b, x)) },
  maximum: { ...vector, f: (b, x) => ops.maximum(b, ops.minimum(b, x, 0.3), ops.mul(b, x, -0.5)) },
  'sum of columns': { ...vector, f: (b, x) => ops.reduceSum(b, x, { axes: [1] }) },
  'mean of rows': { ...vector, f: (b, x) => ops.reduceMean(b, x, { axes: [0], keepDims: true }) },
  'maximum of rows': { ...vector, f: (b, x) => ops.reduceMax(b, x, { axes: [0] }) },
  'minimum of columns': { ...vector, f: (b, x) => ops.reduceMin(b, x, { axes: [1] }) },
  'logarithm of sums': { ...vector, f: (b, x) => ops.reduceLogSumExp(b, x) },
  linear: { ...vector, f: (b, x) => ops.linear(b, x, constant(b, 1, [4, 3]), constant(b, 2, [3])) },
  'product of batches': { rest: [2, 4], f: (b, x) => ops.matMul(b, x, constant(b, 1, [4, 3])) },
  'product with itself': { rest: [2, 4], f: (b, x) => ops.matMul(b, x, ops.transpose(b, x)) },
  einsum: { rest: [2, 4], f: (b, x) => ops.einsum(b, 'rij,jk->rik', [x, constant(b, 1, [4, 3])]) },
  'einsum with the rows on the right': {
    rest: [2, 4],
    f: (b, x) => ops.einsum(b, 'jk,rij->kri', [constant(b, 1, [4, 3]), x]),
  },
  'einsum with an axis of one beside the rows': {
    rest: [1, 4],
    f: (b, x) => ops.einsum(b, 'rij,jk->rik', [x, constant(b, 1, [4, 3])]),
  },
  'einsum with axes of two and of one beside the rows': {
    rest: [2, 1, 4],
    f: (b, x) => ops.einsum(b, 'rihj,jk->rihk', [x, constant(b, 1, [4, 3])]),
  },
  'einsum with the rows beside a batch': {
    rest: [2, 3, 4],
    f: (b, x) => ops.einsum(b, 'rbij,bjk->rbik', [x, constant(b, 1, [2, 4, 3])]),
  },
  'einsum with the rows beside a batch and two more axes': {
    rest: [2, 3, 2, 4],
    f: (b, x) => ops.einsum(b, 'rbihj,bjk->rbihk', [x, constant(b, 1, [2, 4, 3])]),
  },
  'einsum by rows': { rest: [2, 4], f: (b, x) => ops.einsum(b, 'rij,rkj->rik', [x, ops.sin(b, x)]) },
  'einsum over rows': { rest: [4], f: (b, x) => ops.einsum(b, 'ri,rk->ik', [x, ops.cos(b, x)]) },
  'einsum over everything': { rest: [2, 4], f: (b, x) => ops.einsum(b, 'rij,rij->', [x, ops.exp(b, x)]) },
  reshape: { rest: [2, 3], f: (b, x) => ops.reshape(b, x, [-1, 6]) },
  transpose: { rest: [2, 3], f: (b, x) => ops.transpose(b, x, [2, 0, 1]) },
  'squeeze and unsqueeze': { rest: [1, 3], f: (b, x) => ops.unsqueeze(b, ops.squeeze(b, x, [1]), [0]) },
  expandTo: {
    ...vector,
    f: (b, x) => ops.expandTo(b, ops.reduceMean(b, x, { axes: [0], keepDims: true }), x.type.shape, ops.shapeOf(b, x)),
  },
  expandLike: { ...vector, f: (b, x) => ops.mul(b, ops.expandLike(b, constant(b, 1, [1, 4]), x), x) },
  'concat and split': {
    ...vector,
    f: (b, x) => ops.concat(b, [...ops.split(b, x, 1, [1, 3])].reverse(), 1),
  },
  slice: { ...vector, f: (b, x) => ops.slice(b, x, 1, 1, 3) },
  'strided window': { ...vector, f: (b, x) => ops.window(b, x, [null, { start: 1, end: 4, step: 2 }]) },
  pad: { ...vector, f: (b, x) => ops.pad(b, x, 1, 1, 2) },
  tile: { ...vector, f: (b, x) => ops.tile(b, x, [1, 3]) },
  cumSum: { ...vector, f: (b, x) => ops.cumSum(b, x, 0) },
  trilu: { rest: [3, 3], f: (b, x) => ops.trilu(b, x, { upper: true }) },
  softmax: { ...vector, f: (b, x) => ops.softmax(b, x) },
  logSoftmax: { ...vector, f: (b, x) => ops.logSoftmax(b, x, 0) },
  layerNorm: { ...vector, f: (b, x) => ops.layerNorm(b, x, constant(b, 1, [4]), constant(b, 2, [4])) },
  rmsNorm: { ...vector, f: (b, x) => ops.rmsNorm(b, x, constant(b, 1, [4])) },
  groupNorm: { rest: [4, 3], f: (b, x) => ops.groupNorm(b, x, 2, constant(b, 1, [4]), constant(b, 2, [4])) },
  batchNormInference: {
    rest: [2, 3],
    f: (b, x) => {
      const [gain, bias, mean, variance] = [1, 2, 3, 4].map((seed) => constant(b, seed, [2]));
      return ops.batchNormInference(b, x, { gain: gain!, bias: bias!, mean: mean!, variance: variance! });
    },
  },
  'average of an image': { ...image, f: (b, x) => ops.globalAveragePool(b, x) },
  'maximum of an image': { ...image, f: (b, x) => ops.globalMaxPool(b, x) },
  averagePool: { ...image, f: (b, x) => ops.averagePool(b, x, [2, 3], { strides: 2, pads: 1 }) },
  conv: { ...image, f: (b, x) => ops.conv(b, x, constant(b, 1, [3, 2, 3, 2]), constant(b, 2, [3]), { strides: 2 }) },
  convTranspose: { ...image, f: (b, x) => ops.convTranspose(b, x, constant(b, 1, [2, 3, 2, 2]), { strides: 2 }) },
  attention: { rest: [3, 4], f: (b, x) => ops.attention(b, x, x, ops.sin(b, x), { causal: true }) },
  'lstm of one step': {
    rest: [1],
    f: (b, x) => {
      const steps = ops.unsqueeze(b, x, [0]);
      const w = { input: constant(b, 1, [1, 8]), hidden: constant(b, 2, [2, 8]), inputBias: constant(b, 3, [8]) };
      return ops.lstm(b, steps, [{ weights: w }]).cell;
    },
  },
  lstm: {
    rest: [5],
    f: (b, x) => {
      const steps = ops.transpose(b, ops.unsqueeze(b, x, [2]), [1, 0, 2]);
      const w = { input: constant(b, 1, [1, 8]), hidden: constant(b, 2, [2, 8]), inputBias: constant(b, 3, [8]) };
      return ops.lstm(b, steps, [{ weights: w }, { weights: w, reverse: true }]).sequence;
    },
  },
};

/** y, and the gradient of Σ sin y by x, of a graph whose x has that shape. */
async function run({ f }: Case, shape: Shape, x: Tensor): Promise<{ types: Shape[]; results: Tensors }> {
  const b = new Builder();
  const input = b.input('x', 'float32', shape);
  const y = f(b, input);
  const outputs = { y, gradient: grad(b, ops.reduceSum(b, ops.sin(b, y)), [input])[0]! };
  const bytes = writeModel(simplify(new Graph('g', [input], outputs)), { producer: 'test' });
  await using session = await openSession(bytes, { threads: 1 });
  return { types: [y.type.shape, outputs.gradient.type.shape], results: await session.run({ x }) };
}

test('rows beside an axis of one are one axis of a plain product', () => {
  const b = new Builder();
  for (const [equation, shape] of [
    ['rij,jk->rik', ['rows', 1, 4]],
    ['rj,jk->rk', ['rows', 4]],
  ] as const) {
    const nodes = topological([ops.einsum(b, equation, [b.input('x', 'float32', shape), constant(b, 1, [4, 3])])]);
    const product = nodes.find(({ op }) => op.name === 'MatMul');
    expect(product!.inputs.map(({ type }) => type.shape)).toEqual([
      ['rows', 4],
      [4, 3],
    ]);
  }
});

test.each(Object.entries(cases))(
  '%s is the same, and so is its gradient, where the rows are counted only when it runs',
  async (_, one) => {
    for (const rows of [3, 1]) {
      const x = random(rows, [rows, ...one.rest], -1, 1, 'float32');
      const known = await run(one, x.shape, x);
      const counted = await run(one, ['rows', ...one.rest], x);
      expect(counted.types.map((shape) => shape.map((dim) => (dim === 'rows' ? rows : dim)))).toEqual(known.types);
      for (const name of ['y', 'gradient'] as const) {
        expect(counted.results[name]!.shape).toEqual(known.results[name]!.shape);
        for (const [i, value] of toNumbers(counted.results[name]!).entries())
          expect(value).toBeCloseTo(toNumbers(known.results[name]!)[i]!, 5);
      }
    }
  },
);

test('several dimensions that are counted when it runs keep their places in a reshape', async () => {
  const x = random(1, [3, 5, 4], -1, 1, 'float32');
  const heads = (b: Builder, value: Value) =>
    ops.transpose(b, ops.reshape(b, value, [value.type.shape[0]!, value.type.shape[1]!, 2, 2]), [0, 2, 1, 3]);
  const { types, results } = await run({ rest: [], f: heads }, ['texts', 'tokens', 4], x);
  expect(types[0]).toEqual(['texts', 2, 'tokens', 2]);
  const known = await run({ rest: [], f: heads }, [3, 5, 4], x);
  expect(results.y).toEqual(known.results.y);
  const b = new Builder();
  expect(() => ops.reshape(b, b.input('x', 'float32', ['texts', 'tokens', 4]), ['tokens', 'texts', 4])).toThrow(
    'wants at most one symbolic dimension that changes its place in [texts, tokens, 4]; got [tokens, texts, 4]',
  );
});
