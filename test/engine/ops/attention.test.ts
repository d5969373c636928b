import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes, sizes } from './arbitraries.ts';

const qkv = () => [random(1, [2, 3, 4]), random(2, [2, 5, 4]), random(3, [2, 5, 3])];

test('attention weighs values by the softmax of the scores', async () => {
  const one = (values: number[], shape: number[]) => tensorFrom('float64', shape, values);
  const inputs = [one([1, 0], [1, 2]), one([2, 0, 0, 7], [2, 2]), one([10, 20], [2, 1])];
  const { y } = await evaluate(inputs, (b, [q, k, v]) => ({ y: ops.attention(b, q!, k!, v!) }));
  const p = 1 / (1 + Math.exp(-2 / Math.SQRT2));
  expect(toNumbers(y!)[0]).toBeCloseTo(10 * p + 20 * (1 - p), 6);
});

test('has a gradient by queries, keys and values of any sizes, and that has its own', async () => {
  const size = fc.integer({ min: 1, max: 4 });
  const cases = fc.record({
    leading: shapes(0, 2),
    queries: sizes,
    keys: size,
    width: size,
    values: sizes,
    masked: fc.boolean(),
    causal: fc.boolean(),
    scale: fc.constantFrom(undefined, 0.7),
    seed: seeds,
  });
  const property = fc.asyncProperty(cases, ({ leading, queries, keys, width, values, masked, causal, scale, seed }) => {
    const inputs = [
      random(seed, [...leading, queries, width]),
      random(seed + 1, [...leading, keys, width]),
      random(seed + 2, [...leading, keys, values]),
    ];
    const mask = tensorFrom(
      'bool',
      [keys],
      Array.from({ length: keys }, (_, i) => ((seed >> i) % 3 === 0 ? 0 : 1)),
    );
    return checkGradients(
      inputs,
      (b, [q, k, v]) =>
        ops.attention(b, q!, k!, v!, {
          causal,
          ...(masked ? { mask: b.constant(mask) } : {}),
          ...(scale === undefined ? {} : { scale }),
        }),
      { seed },
    );
  });
  await fc.assert(property, { ...settings, numRuns: 24 });
});

test('a mask hides keys: what is hidden changes nothing and gets no gradient', async () => {
  const mask = tensorFrom('bool', [2, 1, 5], [1, 1, 0, 0, 0, 1, 1, 1, 1, 0]);
  await checkGradients([...qkv(), mask], (b, [q, k, v, m]) => ops.attention(b, q!, k!, v!, { mask: m! }));
  const [q, k, v] = qkv() as [ReturnType<typeof random>, ReturnType<typeof random>, ReturnType<typeof random>];
  const other = tensorFrom(
    'float64',
    [2, 5, 3],
    toNumbers(v).map((x, i) => (Math.floor(i / 3) % 5 === 4 ? 99 : x)),
  );
  const run = async (values: typeof v) =>
    toNumbers(
      (await evaluate([q, k, values, mask], (b, [q, k, v, m]) => ({ y: ops.attention(b, q!, k!, v!, { mask: m! }) })))
        .y!,
    );
  expect(await run(other)).toEqual(await run(v));
});

test('causal attention looks back only, and a query that may look nowhere stays finite', async () => {
  const row = tensorFrom('float64', [3, 1], [1, 2, 3]);
  const { y, z } = await evaluate([row, tensorFrom('bool', [3, 1], [0, 1, 1])], (b, [x, m]) => ({
    y: ops.attention(b, x!, x!, x!, { causal: true, scale: 0 }),
    z: ops.attention(b, x!, x!, x!, { mask: m!, scale: 0 }),
  }));
  for (const [i, value] of [1, 1.5, 2].entries()) expect(toNumbers(y!)[i]).toBeCloseTo(value, 12);
  expect(toNumbers(z!)[0]).toBeCloseTo(2, 12);
});

test('a mask that is not bool and symbolic lengths are refused', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', ['rows', 4]);
  expect(() => ops.attention(b, x, x, x, { mask: x })).toThrow('attention wants a bool mask; got float32');
  expect(() => ops.attention(b, x, x, x, { causal: true })).toThrow('causal attention wants lengths known in advance');
});
