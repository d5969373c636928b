import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapeWithAxis } from './arbitraries.ts';

test.each([
  ['softmax', ops.softmax],
  ['logSoftmax', ops.logSoftmax],
] as const)('%s has a gradient along any axis, and that has its own', async (_, f) => {
  const property = fc.asyncProperty(shapeWithAxis, seeds, ({ shape, axis }, seed) =>
    checkGradients([random(seed, shape, -2, 2)], (b, [x]) => ops.sin(b, f(b, x!, axis)), { seed }),
  );
  await fc.assert(property, settings);
});

test('softmax adds up to 1, stays finite for large inputs, and is the exponential of logSoftmax', async () => {
  const x = tensorFrom('float32', [1, 3], [1000, 999, -1000]);
  const { p, q } = await evaluate([x], (b, [x]) => ({ p: ops.softmax(b, x!), q: ops.exp(b, ops.logSoftmax(b, x!)) }));
  const [first, second, third] = toNumbers(p!) as [number, number, number];
  expect(first).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  expect(second).toBeCloseTo(1 - first, 6);
  expect(third).toBe(0);
  for (const [i, value] of toNumbers(q!).entries()) expect(value).toBeCloseTo([first, second, third][i]!, 6);
});

describe('crossEntropyOf', () => {
  const targets = tensorFrom('int64', [2, 2], [0, 2, 1, 1]);
  const ofClasses = (b: Builder, x: Value, y: Value) =>
    ops.crossEntropyOf(b, x, ops.oneHot(b, y, 3, x.type.dtype as 'float32'));

  test('is the negative logarithm of the probability of the target, in either precision', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = random(3, [2, 2, 3], -2, 2, dtype);
      const { loss, logs } = await evaluate([x, targets], (b, [x, y]) => ({
        loss: ofClasses(b, x!, y!),
        logs: ops.logSoftmax(b, x!),
      }));
      expect(loss!.shape).toEqual([2, 2]);
      const wanted = toNumbers(targets).map((target, row) => -toNumbers(logs!)[3 * row + target]!);
      for (const [row, value] of toNumbers(loss!).entries()) expect(value).toBeCloseTo(wanted[row]!, 6);
    }
  });

  test('has a gradient, and that has its own', async () => {
    await checkGradients([random(4, [2, 2, 3], -2, 2), targets], (b, [x, y]) => ops.sin(b, ofClasses(b, x!, y!)));
  });

  test('refuses targets that are not a number for each class of each row', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 3]);
    const refused = (dtype: 'bool' | 'float32', classes: number) => () =>
      ops.crossEntropyOf(b, x, b.input('y', dtype, ['rows', classes]));
    expect(refused('bool', 3)).toThrow('wants targets float32[rows, 3]; got bool[rows, 3]');
    expect(refused('float32', 2)).toThrow('wants targets float32[rows, 3]; got float32[rows, 2]');
    expect(() => ops.crossEntropyOf(b, b.input('z', 'int64', [2, 3]), b.input('y', 'int64', [2, 3]))).toThrow('int64');
  });
});
