import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph } from '#engine/graph.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { sizeOf } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { fullShapes, seeds, settings, shapes, shapeWithAxis } from './arbitraries.ts';

describe('gather', () => {
  test('has a gradient along any axis, for repeated and negative positions of any shape, and that has its own', async () => {
    const cases = shapeWithAxis.chain(({ shape, axis }) => {
      const position = fc.integer({ min: -shape[axis]!, max: shape[axis]! - 1 });
      const indices = fc.tuple(shapes(0, 2), fc.constantFrom('int32', 'int64')).chain(([taken, dtype]) => {
        const size = sizeOf(taken);
        const values = fc.array(position, { minLength: size, maxLength: size });
        return values.map((list) => tensorFrom(dtype, taken, list));
      });
      return fc.tuple(fc.constant(shape), fc.constant(axis), indices, seeds);
    });
    const property = fc.asyncProperty(cases, ([shape, axis, indices, seed]) =>
      checkGradients([random(seed, shape), indices], (b, [x, i]) => ops.sin(b, ops.gather(b, x!, i!, axis)), { seed }),
    );
    await fc.assert(property, { ...settings, numRuns: 30 });
  });

  test('has a gradient for positions that are known in advance, and that has its own', async () => {
    const cases = shapeWithAxis.chain(({ shape, axis }) => {
      const position = fc.integer({ min: -shape[axis]!, max: shape[axis]! - 1 });
      return fc.tuple(fc.constant(shape), fc.constant(axis), fc.array(position, { maxLength: shape[axis]! }), seeds);
    });
    const property = fc.asyncProperty(cases, ([shape, axis, list, seed]) => {
      const positions = (b: Builder) => b.constant(tensorFrom('int64', [list.length], list));
      return checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.gather(b, x!, positions(b), axis)), {
        seed,
      });
    });
    await fc.assert(property, { ...settings, numRuns: 30 });
  });

  test('adds nothing up in its gradient where each position is known and occurs once', () => {
    const written = (list: readonly number[]) => {
      const b = new Builder();
      const x = b.input('x', 'float32', [4, 2]);
      const y = ops.gather(b, x, b.constant(tensorFrom('int64', [list.length], list)));
      const [slope] = grad(b, ops.reduceSum(b, ops.mul(b, y, y)), [x]);
      return parseModel(writeModel(new Graph('g', [x], { slope: slope! }), { producer: 'test' })).graph.node.map(
        ({ opType }) => opType,
      );
    };
    expect(written([2, 0, -1])).not.toContain('ScatterElements');
    // The last and the fourth are the same.
    expect(written([3, -1])).toContain('ScatterElements');
  });

  test('takes rows, also of strings', async () => {
    const names = tensorFrom('string', [3], ['a', 'b', 'ß']);
    const { y } = await evaluate([names, tensorFrom('int64', [2], [2, 0])], (b, [x, i]) => ({
      y: ops.gather(b, x!, i!),
    }));
    expect(y!.data).toEqual(['ß', 'a']);
  });

  test('refuses positions that are not integers, and a scalar to take them from', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [3]);
    expect(() => ops.gather(b, x, x)).toThrow(/wants an integer type; got float32\[3\]/);
    const i = b.input('i', 'int64', [2]);
    expect(() => ops.gather(b, b.input('s', 'float32', []), i)).toThrow(/wants something to gather from; got a scalar/);
    expect(() => ops.gather(b, x, i, 1)).toThrow('axis must be between -1 and 0; got 1');
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

  test('add nothing where there is nothing to add', async () => {
    const none = [random(1, [3, 2]), tensorFrom('int64', [0, 1], []), tensorFrom('float64', [0, 2], [])];
    const { y } = await evaluate(none, (b, [x, i, u]) => ({ y: ops.scatterAdd(b, x!, i!, u!) }));
    expect(y).toEqual(none[0]);
  });

  test('add in the same order on every run, however many threads there are', async () => {
    const [rows, updates, width] = [16, 20_000, 64];
    const b = new Builder();
    const inputs = {
      x: random(1, [rows, width], 0, 1, 'float32'),
      i: tensorFrom(
        'int64',
        [updates, 1],
        Array.from({ length: updates }, (_, k) => (k * 7) % rows),
      ),
      u: random(2, [updates, width], -1, 1, 'float32'),
    };
    const values = Object.entries(inputs).map(([name, { dtype, shape }]) => b.input(name, dtype, shape));
    const y = ops.scatterAdd(b, values[0]!, values[1]!, values[2]!);
    await using session = await openSession(writeModel(new Graph('g', values, { y }), { producer: 'test' }), {
      threads: 4,
    });
    const first = await session.run(inputs);
    for (let run = 0; run < 5; run++) expect(await session.run(inputs)).toEqual(first);
  });

  test('have gradients for positions of any depth, and those have their own', async () => {
    const cases = fullShapes(1, 3).chain((shape) =>
      fc.integer({ min: 1, max: shape.length }).chain((depth) => {
        const position = fc.tuple(...shape.slice(0, depth).map((dim) => fc.integer({ min: -dim, max: dim - 1 })));
        const list = fc.array(position, { maxLength: 4 });
        return fc.record({ shape: fc.constant(shape), depth: fc.constant(depth), list, seed: seeds });
      }),
    );
    const property = fc.asyncProperty(cases, async ({ shape, depth, list, seed }) => {
      const indices = tensorFrom('int64', [list.length, depth], list.flat());
      const [x, u] = [random(seed, shape), random(seed + 1, [list.length, ...shape.slice(depth)])];
      await checkGradients([x, indices, u], (b, [x, i, u]) => ops.sin(b, ops.scatterAdd(b, x!, i!, u!)), { seed });
      await checkGradients([x, indices], (b, [x, i]) => ops.sin(b, ops.gatherND(b, x!, i!)), { seed });
    });
    await fc.assert(property, settings);
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

test('oneHot puts the classes last, whatever the shape', async () => {
  const property = fc.asyncProperty(shapes(0, 3), seeds, async (shape, seed) => {
    const indices = tensorFrom('int64', shape, toNumbers(random(seed, shape, 0, 3)).map(Math.floor));
    const { y } = await evaluate([indices], (b, [x]) => ({ y: ops.oneHot(b, x!, 3, 'float64') }));
    const wanted = toNumbers(indices).flatMap((index) => [0, 1, 2].map((c) => (c === index ? 1 : 0)));
    expect([y!.shape, toNumbers(y!)]).toEqual([[...shape, 3], wanted]);
  });
  await fc.assert(property, settings);
});

test('oneHot marks the same for many indices, of few classes and of many', async () => {
  const indices = Array.from({ length: 40 }, (_, i) => (i * 7) % 45);
  for (const depth of [3, 32, 33, 45]) {
    const { y } = await evaluate([tensorFrom('int64', [40], indices)], (b, [x]) => ({ y: ops.oneHot(b, x!, depth) }));
    const wanted = indices.flatMap((index) => Array.from({ length: depth }, (_, c) => Number(c === index)));
    expect([y!.shape, toNumbers(y!)]).toEqual([[40, depth], wanted]);
    const rows = tensorFrom('int64', [2, 40], [...indices, ...indices.toReversed()]);
    const { z } = await evaluate([rows], (b, [x]) => ({ z: ops.oneHot(b, x!, depth) }));
    const turned = indices
      .toReversed()
      .flatMap((index) => Array.from({ length: depth }, (_, c) => Number(c === index)));
    expect([z!.shape, toNumbers(z!)]).toEqual([
      [2, 40, depth],
      [...wanted, ...turned],
    ]);
  }
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
