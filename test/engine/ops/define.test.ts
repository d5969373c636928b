import { describe, expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, topological } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

describe('operands that the runtime would meet element by element', () => {
  const column = tensorFrom('float64', [3, 1, 1], [1, 2, 3]);

  test('give the same results: a number, a scalar and a vector of one, on either side', async () => {
    const [scalar, vector] = [tensorFrom('float64', [], [2]), tensorFrom('float64', [1], [2])];
    const results = await evaluate([column, scalar, vector], (b, [x, s, v]) => ({
      number: ops.sub(b, x!, 2),
      numberFirst: ops.sub(b, 2, x!),
      scalar: ops.sub(b, x!, s!),
      scalarFirst: ops.sub(b, s!, x!),
      vector: ops.sub(b, x!, v!),
      vectorFirst: ops.sub(b, v!, x!),
    }));
    for (const [name, result] of Object.entries(results)) {
      expect(result.shape).toEqual([3, 1, 1]);
      expect(toNumbers(result)).toEqual(name.endsWith('First') ? [1, 0, -1] : [-1, 0, 1]);
    }
  });

  test('have gradients, and those have their own', async () => {
    await checkGradients([random(1, [3, 1, 1]), random(2, []), random(3, [1])], (b, [x, s, v]) =>
      ops.mul(b, ops.sin(b, ops.mul(b, x!, s!)), ops.add(b, v!, ops.mul(b, x!, 2))),
    );
  });
});

test('a column is combined with each of few or many columns, on either side', async () => {
  const ROWS = 40;
  for (const columns of [2, 8, 9]) {
    const x = random(1, [ROWS, columns]);
    const column = random(2, [ROWS, 1]);
    const { first, second, same } = await evaluate([column, x], (b, [c, x]) => ({
      first: ops.sub(b, c!, x!),
      second: ops.sub(b, x!, c!),
      same: ops.equal(b, x!, c!),
    }));
    const wanted = toNumbers(x).map((value, i) => toNumbers(column)[Math.floor(i / columns)]! - value);
    expect(toNumbers(first!)).toEqual(wanted);
    expect(toNumbers(second!)).toEqual(wanted.map((value) => -value));
    expect([same!.shape, toNumbers(same!)]).toEqual([[ROWS, columns], wanted.map((value) => Number(value === 0))]);
  }
});

describe('an operand that was expanded', () => {
  test('is used as it was where the other has the shape, and not where both are needed for it', async () => {
    const [x, y] = [random(1, [1, 3]), random(2, [2, 3])];
    await checkGradients([x, y], (b, [x, y]) => {
      const wide = ops.expand(b, x!, [2, 3]);
      return ops.mul(b, ops.add(b, wide, y!), ops.mul(b, wide, wide));
    });
    const { sum } = await evaluate([x], (b, [x]) => ({ sum: ops.add(b, ops.expand(b, x!, [2, 3]), x!) }));
    expect(sum!.shape).toEqual([2, 3]);
  });

  test('takes no memory in the gradient of a mean', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [4, 5]);
    const centred = ops.sub(b, x, ops.reduceMean(b, x, { axes: [0], keepDims: true }));
    const [gradient] = grad(b, ops.reduceSum(b, ops.mul(b, centred, centred)), [x]);
    expect(topological([gradient!]).map(({ op }) => op.name)).not.toContain('Expand');
  });
});
