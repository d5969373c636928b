import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { fullShapes, seeds, settings } from './arbitraries.ts';

describe('gather', () => {
  test('has a gradient along any axis, for repeated and negative positions of any shape, and that has its own', async () => {
    const cases = fullShapes(1, 3).chain((shape) =>
      fc.nat(shape.length - 1).chain((axis) => {
        const position = fc.integer({ min: -shape[axis]!, max: shape[axis]! - 1 });
        const indices = fullShapes(0, 2).chain((taken) => {
          const size = taken.reduce((product, dim) => product * dim, 1);
          const values = fc.array(position, { minLength: size, maxLength: size });
          return values.map((list) => tensorFrom('int64', taken, list));
        });
        return fc.tuple(fc.constant(shape), fc.constant(axis), indices, seeds);
      }),
    );
    const property = fc.asyncProperty(cases, ([shape, axis, indices, seed]) =>
      checkGradients([random(seed, shape), indices], (b, [x, i]) => ops.sin(b, ops.gather(b, x!, i!, axis)), { seed }),
    );
    await fc.assert(property, { ...settings, numRuns: 30 });
  });

  test('takes rows, also of strings', async () => {
    const names = tensorFrom('string', [3], ['a', 'b', 'ß']);
    const { y } = await evaluate([names, tensorFrom('int64', [2], [2, 0])], (b, [x, i]) => ({
      y: ops.gather(b, x!, i!),
    }));
    expect(y!.data).toEqual(['ß', 'a']);
  });

  test('refuses positions that are not integers', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [3]);
    expect(() => ops.gather(b, x, x)).toThrow(/wants an integer type; got float32\[3\]/);
  });
});

describe('scatterAdd and gatherND', () => {
  const indices = tensorFrom('int64', [4, 1], [2, 0, 2, -1]);

  test('add up what lands on one row', async () => {
    const x = tensorFrom('float64', [3], [10, 20, 30]);
    const { y } = await evaluate([x, indices, tensorFrom('float64', [4], [1, 2, 3, 4])], (b, [x, i, u]) => ({
      y: ops.scatterAdd(b, x!, i!, u!),
    }));
    expect(toNumbers(y!)).toEqual([12, 20, 38]);
  });

  test('have gradients, and those have their own', async () => {
    const pairs = tensorFrom('int64', [3, 2], [0, 1, 2, 0, 0, 1]);
    for (const [where, x, u] of [
      [indices, random(1, [3, 2]), random(2, [4, 2])],
      [pairs, random(1, [3, 2]), random(2, [3])],
    ] as const) {
      await checkGradients([x, where, u], (b, [x, i, u]) => ops.sin(b, ops.scatterAdd(b, x!, i!, u!)));
      await checkGradients([x, where], (b, [x, i]) => ops.sin(b, ops.gatherND(b, x!, i!)));
    }
  });

  test('refuse updates of another shape', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [3, 2]);
    expect(() => ops.scatterAdd(b, x, b.input('i', 'int64', [4, 1]), x)).toThrow(
      /wants updates \[4, 2\]; got \[3, 2\]/,
    );
    expect(() => ops.gatherND(b, x, b.input('i', 'int64', [4, 3]))).toThrow(/whose last axis is 1 to 2; got \[4, 3\]/);
  });
});

test('oneHot marks the class, and nothing for a class out of range', async () => {
  const { y } = await evaluate([tensorFrom('int32', [3], [1, 0, 7])], (b, [x]) => ({ y: ops.oneHot(b, x!, 2) }));
  expect([y!.shape, toNumbers(y!)]).toEqual([
    [3, 2],
    [0, 1, 1, 0, 0, 0],
  ]);
});

test('labels become positions and positions labels, unknown ones -1 and the empty text', async () => {
  const keys = ['Adélie', '', '企鹅'];
  const { i, back } = await evaluate([tensorFrom('string', [4], ['企鹅', 'x', '', 'Adélie'])], (b, [x]) => {
    const i = ops.indexOfLabel(b, x!, keys);
    return { i, back: ops.labelAt(b, i, keys) };
  });
  expect(toNumbers(i!)).toEqual([2, -1, 1, 0]);
  expect(back!.data).toEqual(['企鹅', '', '', 'Adélie']);
});
