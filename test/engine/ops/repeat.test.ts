import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings } from './arbitraries.ts';

test('repeat has each element of the last axis several times, side by side', async () => {
  const sizes = fc.record({
    rows: fc.nat(3),
    size: fc.constantFrom(1, 2, 5, 12, 17, 48),
    times: fc.integer({ min: 1, max: 4 }),
  });
  const property = fc.asyncProperty(sizes, async ({ rows, size, times }) => {
    const numbers = Array.from({ length: rows * size }, (_, i) => i / 7);
    const { y } = await evaluate([tensorFrom('float32', [rows, size], numbers)], (b, [x]) => ({
      y: ops.repeat(b, x!, times),
    }));
    expect(y!.shape).toEqual([rows, size * times]);
    const wanted = numbers.flatMap((value) => new Array<number>(times).fill(Math.fround(value)));
    expect(toNumbers(y!)).toEqual(wanted);
  });
  await fc.assert(property, settings);
});

test('repeat has a gradient, and that has its own', async () => {
  const property = fc.asyncProperty(seeds, fc.integer({ min: 2, max: 3 }), (seed, times) =>
    checkGradients([random(seed, [2, 3], -1, 1, 'float32')], (b, [x]) => ops.sin(b, ops.repeat(b, x!, times)), {
      seed,
    }),
  );
  await fc.assert(property, { ...settings, numRuns: 8 });
});

test('repeat makes nothing of what is to be there once', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [2, 3]);
  expect(ops.repeat(b, x, 1)).toBe(x);
});

test('repeat refuses what it cannot repeat', () => {
  const b = new Builder();
  const of = (dtype: 'float32' | 'float64', shape: number[], times: number) => () =>
    ops.repeat(b, b.input('x', dtype, shape), times);
  expect(of('float32', [], 2)).toThrow('wants an axis whose elements to repeat; got a scalar');
  expect(of('float32', [3], 0)).toThrow('wants to repeat once or more; got 0');
  expect(of('float32', [3], 1.5)).toThrow('wants to repeat once or more; got 1.5');
  expect(of('float64', [3], 2)).toThrow(/wants float32 or 16 bits/);
});
