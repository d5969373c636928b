import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, topological } from '#engine/graph.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { axesOf, seeds, settings, shapes, shapeWithAxis } from './arbitraries.ts';

const sum = (xs: readonly number[]) => xs.reduce((total, x) => total + x, 0);

const reductions = {
  reduceSum: { f: ops.reduceSum, reference: sum },
  reduceSumSquare: {
    f: ops.reduceSumSquare,
    reference: (xs: readonly number[]) => sum(xs.map((x) => x * x)),
  },
  reduceMean: { f: ops.reduceMean, reference: (xs: readonly number[]) => sum(xs) / xs.length },
  reduceMax: { f: ops.reduceMax, reference: (xs: readonly number[]) => Math.max(...xs) },
  reduceMin: { f: ops.reduceMin, reference: (xs: readonly number[]) => Math.min(...xs) },
  reduceLogSumExp: { f: ops.reduceLogSumExp, reference: (xs: readonly number[]) => Math.log(sum(xs.map(Math.exp))) },
};

describe.each(Object.entries(reductions))('%s', (_, { f, reference }) => {
  test('reduces rows, columns and everything', async () => {
    const x = random(3, [2, 3]);
    const [a, b, c, d, e, g] = toNumbers(x) as [number, number, number, number, number, number];
    const got = await evaluate([x], (builder, [x]) => ({
      rows: f(builder, x!, { axes: [1] }),
      columns: f(builder, x!, { axes: [0], keepDims: true }),
      all: f(builder, x!),
    }));
    const close = (name: string, wanted: number[]) => {
      for (const [i, value] of toNumbers(got[name]!).entries()) expect(value).toBeCloseTo(wanted[i]!, 12);
    };
    close('rows', [reference([a, b, c]), reference([d, e, g])]);
    close('columns', [reference([a, d]), reference([b, e]), reference([c, g])]);
    close('all', [reference([a, b, c, d, e, g])]);
  });

  test('has a gradient over any axes, kept or not, and that has its own', async () => {
    const cases = shapes(0, 3).chain((shape) => fc.tuple(fc.constant(shape), axesOf(shape), fc.boolean(), seeds));
    const property = fc.asyncProperty(cases, ([shape, axes, keepDims, seed]) => {
      // Only a sum is defined over nothing.
      const full = shape.map((dim, axis) => (f !== ops.reduceSum && dim === 0 && axes.includes(axis) ? 2 : dim));
      return checkGradients([random(seed, full)], (b, [x]) => f(b, x!, { axes, keepDims }), { seed });
    });
    await fc.assert(property, { ...settings, numRuns: 30 });
  });
});

test('axes in another order, or counted from the end, are the same reduction', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [2, 3, 4]);
  const [one, other] = [
    [0, 2],
    [-1, 0],
  ].map((axes) => ops.reduceSum(b, x, { axes }));
  expect(other!.node!.attrs).toEqual(one!.node!.attrs);
});

test('the sum of squares of a single number is its square', async () => {
  const { y } = await evaluate([tensorFrom('float64', [], [-3])], (b, [x]) => ({ y: ops.reduceSumSquare(b, x!) }));
  expect(y).toEqual(tensorFrom('float64', [], [9]));
});

test('the mean over rows counted only at run time divides by their number', async () => {
  const x = tensorFrom('float32', [3, 2], [1, 2, 3, 4, 5, 6]);
  const b = new Builder();
  const input = b.input('x', 'float32', ['rows', 2]);
  const mean = ops.reduceMean(b, ops.mul(b, input, input));
  const [gradient] = grad(b, mean, [input]);
  await using session = await openSession(
    writeModel(new Graph('g', [input], { gradient: gradient! }), { producer: 'test' }),
  );
  const results = await session.run({ x });
  for (const [i, value] of toNumbers(results.gradient!).entries()) expect(value).toBeCloseTo((i + 1) / 3, 6);
});

test('sizes that are known are not computed in the graph', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [3, 2]);
  const gradient = grad(b, ops.reduceMean(b, ops.mul(b, x, x)), [x]);
  expect(topological(gradient).filter(({ op }) => op === ops.shapeOf.op)).toEqual([]);
});

test('elements that share the maximum share its gradient', async () => {
  const { g } = await evaluate([tensorFrom('float64', [4], [2, 5, 5, 1])], (b, [x]) => ({
    g: grad(b, ops.reduceMax(b, x!), [x!])[0]!,
  }));
  expect(toNumbers(g!)).toEqual([0, 0.5, 0.5, 0]);
});

test('argMax takes the first of several', async () => {
  const b = new Builder();
  expect(ops.argMax(b, b.input('v', 'float32', [4])).type.shape).toEqual([]);
  const x = tensorFrom('float32', [2, 3], [1, 3, 3, 9, 2, 4]);
  const { y, z } = await evaluate([x], (b, [x]) => ({ y: ops.argMax(b, x!), z: ops.argMax(b, x!, 0) }));
  expect([toNumbers(y!), toNumbers(z!)]).toEqual([
    [1, 0],
    [1, 0, 1],
  ]);
  const property = fc.asyncProperty(shapeWithAxis, seeds, async ({ shape, axis }, seed) => {
    const x = random(seed, shape);
    const { at, most } = await evaluate([x], (b, [x]) => {
      const at = ops.argMax(b, x!, axis);
      return {
        at: ops.gatherElements(b, x!, ops.unsqueeze(b, at, [axis]), axis),
        most: ops.reduceMax(b, x!, { axes: [axis], keepDims: true }),
      };
    });
    expect(at).toEqual(most);
  });
  await fc.assert(property, settings);
});

describe('a sum over the first axes', () => {
  test.each([
    ['a product with ones', 'float32', [4, 3, 5], [0, 1], ['Reshape', 'Expand', 'MatMul', 'Reshape']],
    ['a sum where other axes go', 'float32', [4, 3, 5], [0, 2], ['ReduceSum']],
    ['a sum where all axes go', 'float32', [4, 3], [0, 1], ['ReduceSum']],
    ['a sum of integers', 'int64', [4, 3], [0], ['ReduceSum']],
    ['a sum where the rows are not known', 'float32', ['rows', 3], [0], ['ReduceSum']],
  ] as const)('is written as %s', (_, dtype, shape, axes, wanted) => {
    const b = new Builder();
    const x = b.input('x', dtype, shape);
    const bytes = writeModel(new Graph('g', [x], { y: ops.reduceSum(b, x, { axes }) }), { producer: 'test' });
    expect(parseModel(bytes).graph.node.map(({ opType }) => opType)).toEqual(wanted);
  });

  test('has an infinity and a NaN just where one was summed', async () => {
    const x = tensorFrom(
      'float32',
      [2, 4],
      [1, Number.POSITIVE_INFINITY, Number.NaN, 4, 5, 6, 7, Number.NEGATIVE_INFINITY],
    );
    const { y } = await evaluate([x], (b, [x]) => ({ y: ops.reduceSum(b, x!, { axes: [0] }) }));
    expect(toNumbers(y!)).toEqual([6, Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY]);
  });
});
