import { expect, test } from '@jest/globals';
import fc from 'fast-check';
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
