import { describe, expect, test } from '@jest/globals';
import { GradientError, grad, vjp } from '#engine/grad.ts';
import { Builder } from '#engine/graph.ts';
import { type Op, unsupportedGradient } from '#engine/op.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { evaluate } from './harness.ts';

const x = tensorFrom('float64', [2], [2, 3]);

describe('grad', () => {
  test('adds up what reaches a value on several paths', async () => {
    const { g } = await evaluate([x], (b, [x]) => {
      const square = ops.mul(b, x!, x!);
      return { g: grad(b, ops.reduceSum(b, ops.add(b, square, ops.mul(b, square, x!))), [x!])[0]! };
    });
    expect(toNumbers(g!)).toEqual([2 * 2 + 3 * 4, 2 * 3 + 3 * 9]);
  });

  test('is zero by what the value does not depend on, and by integers', async () => {
    const { g, h } = await evaluate([x, tensorFrom('int64', [3], [1, 2, 3])], (b, [x, i]) => {
      const y = b.constant(tensorFrom('float64', [2, 1], [1, 1]));
      const [g, h] = grad(b, ops.reduceSum(b, x!), [y, i!]);
      return { g: g!, h: h! };
    });
    expect([toNumbers(g!), toNumbers(h!)]).toEqual([
      [0, 0],
      [0, 0, 0],
    ]);
  });

  test('goes by values in the middle as well as by inputs', async () => {
    const { g, h } = await evaluate([x], (b, [x]) => {
      const middle = ops.exp(b, x!);
      const [g, h] = grad(b, ops.reduceSum(b, ops.mul(b, middle, middle)), [middle, x!]);
      return { g: g!, h: h! };
    });
    for (const [i, value] of [2, 3].entries()) {
      expect(toNumbers(g!)[i]).toBeCloseTo(2 * Math.exp(value), 10);
      expect(toNumbers(h!)[i]).toBeCloseTo(2 * Math.exp(2 * value), 8);
    }
  });

  test('stops at comparisons and rounding without complaint', async () => {
    const { g } = await evaluate([x], (b, [x]) => {
      const gate = ops.cast(b, ops.greater(b, x!, 2.5), 'float64');
      return { g: grad(b, ops.reduceSum(b, ops.mul(b, ops.mul(b, x!, gate), ops.floor(b, x!))), [x!])[0]! };
    });
    expect(toNumbers(g!)).toEqual([0, 3]);
  });

  test('can be taken three times', async () => {
    const { g } = await evaluate([tensorFrom('float64', [], [0.7])], (b, [x]) => {
      const first = grad(b, ops.sin(b, x!), [x!])[0]!;
      const second = grad(b, first, [x!])[0]!;
      return { g: grad(b, second, [x!])[0]! };
    });
    expect(toNumbers(g!)[0]).toBeCloseTo(-Math.cos(0.7), 12);
  });

  test('wants a float scalar', () => {
    const b = new Builder();
    expect(() => grad(b, b.input('x', 'float32', [2]), [])).toThrow(
      new GradientError('gradient wants a float scalar to start from; got float32[2]'),
    );
  });

  test('names the operation without a gradient and its place, but only if the gradient needs it', () => {
    const b = new Builder();
    const odd: Op<undefined> = { name: 'Odd', infer: ([x]) => [x!], vjp: unsupportedGradient('nobody knows it') };
    const [x, y] = [b.input('x', 'float32', []), b.input('y', 'float32', [])];
    const z = b.at('block.3', () => b.apply1(odd, [x], undefined));
    expect(() => grad(b, ops.mul(b, z, y), [x])).toThrow(
      new GradientError('no gradient through Odd at block.3: nobody knows it'),
    );
    expect(() => grad(b, ops.mul(b, z, y), [y])).not.toThrow();
  });

  test('goes through a graph of a hundred thousand nodes without exhausting the stack', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', []);
    let y = x;
    for (let i = 0; i < 100_000; i++) y = ops.add(b, y, x);
    expect(grad(b, y, [x])).toHaveLength(1);
  });
});

test('vjp leaves absent what nothing flows to', () => {
  const b = new Builder();
  const [x, y] = [b.input('x', 'float32', []), b.input('y', 'float32', [])];
  expect(vjp(b, [ops.exp(b, x), ops.exp(b, y)], [b.scalar('float32', 1), undefined], [x, y])[1]).toBeUndefined();
});
