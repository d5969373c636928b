import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { broadcasting, seeds, settings, shapes } from './arbitraries.ts';

test('where has a gradient for all shapes that broadcast, and that has its own', async () => {
  const property = fc.asyncProperty(broadcasting(3), seeds, ([c, p, q], seed) =>
    checkGradients(
      [random(seed, p!), random(seed + 1, q!)],
      (b, [x, y]) => {
        const condition = ops.greater(b, b.constant(random(seed + 2, c!)), 0);
        return ops.sin(b, ops.where(b, condition, x!, y!));
      },
      { seed },
    ),
  );
  await fc.assert(property, settings);
});

test('a cast between float types passes the gradient on, and one through integers stops it', async () => {
  await checkGradients([random(1, [3], -1, 1, 'float32')], (b, [x]) =>
    ops.sin(b, ops.cast(b, ops.cast(b, x!, 'float64'), 'float32')),
  );
  const { g } = await evaluate([random(1, [3])], (b, [x]) => {
    const rounded = ops.cast(b, ops.cast(b, x!, 'int64'), 'float64');
    return { g: grad(b, ops.reduceSum(b, rounded), [x!])[0]! };
  });
  expect(toNumbers(g!)).toEqual([0, 0, 0]);
});

test('a cast to the type that a value has is the value', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [2]);
  expect(ops.cast(b, x, 'float32')).toBe(x);
});

const comparisons = {
  equal: { f: ops.equal, reference: (x: number, y: number) => x === y },
  greater: { f: ops.greater, reference: (x: number, y: number) => x > y },
  greaterOrEqual: { f: ops.greaterOrEqual, reference: (x: number, y: number) => x >= y },
  less: { f: ops.less, reference: (x: number, y: number) => x < y },
  lessOrEqual: { f: ops.lessOrEqual, reference: (x: number, y: number) => x <= y },
};

test.each(Object.entries(comparisons))('%s compares numbers of every shape', async (_, { f, reference }) => {
  const property = fc.asyncProperty(shapes(), seeds, async (shape, seed) => {
    const x = tensorFrom('float32', shape, toNumbers(random(seed, shape, 0, 3)).map(Math.floor));
    const { y } = await evaluate([x], (b, [x]) => ({ y: f(b, x!, 1) }));
    expect(toNumbers(y!)).toEqual(toNumbers(x).map((value) => Number(reference(value, 1))));
  });
  await fc.assert(property, settings);
});

test('truth values combine', async () => {
  const [p, q] = [tensorFrom('bool', [4], [0, 0, 1, 1]), tensorFrom('bool', [4], [0, 1, 0, 1])];
  const got = await evaluate([p, q], (b, [p, q]) => ({
    and: ops.and(b, p!, q!),
    or: ops.or(b, p!, q!),
    xor: ops.xor(b, p!, q!),
    not: ops.not(b, p!),
  }));
  expect(Object.fromEntries(Object.entries(got).map(([name, t]) => [name, toNumbers(t)]))).toEqual({
    and: [0, 0, 0, 1],
    or: [0, 1, 1, 1],
    xor: [0, 1, 1, 0],
    not: [1, 1, 0, 0],
  });
});

test('NaN and infinity are told apart', async () => {
  const x = tensorFrom('float32', [3], [Number.NaN, Number.POSITIVE_INFINITY, 1]);
  const { nan, inf } = await evaluate([x], (b, [x]) => ({ nan: ops.isNan(b, x!), inf: ops.isInf(b, x!) }));
  expect([toNumbers(nan!), toNumbers(inf!)]).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
});

test('strings do not compare', () => {
  const b = new Builder();
  const x = b.input('x', 'string', [2]);
  expect(() => ops.less(b, x, x)).toThrow('Less(string[2], string[2]): wants a number type; got string[2]');
  expect(() => ops.equal(b, x, x)).toThrow('Equal(string[2], string[2]): wants any type but string; got string[2]');
});

test('operands of different element types are refused', () => {
  const b = new Builder();
  expect(() => ops.add(b, b.input('x', 'float32', []), b.input('y', 'int64', []))).toThrow(
    'Add(float32[], int64[]): wants one element type; got float32 and int64',
  );
});
