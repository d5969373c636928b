import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes, shapeWithAxis } from './arbitraries.ts';

const range = (size: number) =>
  fc
    .record({ start: fc.nat(size), length: fc.nat(size), step: fc.integer({ min: 1, max: 3 }) })
    .map(({ start, length, step }) => ({ start, end: Math.min(size, start + length), step }));

test('a window takes strided ranges of several axes, has a gradient, and that has its own', async () => {
  const cases = shapes(1, 3).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map((dim) => fc.option(range(dim)))), seeds),
  );
  const property = fc.asyncProperty(cases, ([shape, ranges, seed]) =>
    checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.window(b, x!, ranges)), { seed }),
  );
  await fc.assert(property, settings);
  const { y } = await evaluate([tensorFrom('float64', [2, 4], [0, 1, 2, 3, 4, 5, 6, 7])], (b, [x]) => ({
    y: ops.window(b, x!, [
      { start: 1, end: 2, step: 1 },
      { start: 1, end: 4, step: 2 },
    ]),
  }));
  expect(toNumbers(y!)).toEqual([5, 7]);
});

test('dilation puts zeros between neighbours of several axes, has a gradient, and that has its own', async () => {
  const { y } = await evaluate([tensorFrom('float64', [2, 2], [1, 2, 3, 4])], (b, [x]) => ({
    y: ops.dilate(b, x!, [2, 3]),
  }));
  expect(y!.shape).toEqual([3, 4]);
  expect(toNumbers(y!)).toEqual([1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4]);
  const cases = shapes(1, 3).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))), seeds),
  );
  const property = fc.asyncProperty(cases, ([shape, steps, seed]) =>
    checkGradients([random(seed, shape)], (b, [x]) => ops.cos(b, ops.dilate(b, x!, steps)), { seed }),
  );
  await fc.assert(property, settings);
});

test('padding may be of any value; axes that get none may be symbolic', async () => {
  const { y } = await evaluate([tensorFrom('float32', [2], [1, 2])], (b, [x]) => ({ y: ops.pad(b, x!, 0, 1, 2, 7) }));
  expect(toNumbers(y!)).toEqual([7, 1, 2, 7, 7]);
  const cases = shapes(1, 3).chain((shape) => {
    const each = fc.tuple(...shape.map(() => fc.nat(2)));
    return fc.tuple(fc.constant(shape), each, each, fc.constantFrom(0, -0.5), seeds);
  });
  const property = fc.asyncProperty(cases, ([shape, before, after, value, seed]) =>
    checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.padAll(b, x!, before, after, value)), { seed }),
  );
  await fc.assert(property, settings);
  const b = new Builder();
  expect(ops.pad(b, b.input('x', 'float32', ['rows', 2]), 1, 1, 1).type.shape).toEqual(['rows', 4]);
});

test('padding by mirror and by edge repeats elements, which collect their gradients', async () => {
  const x = tensorFrom('float64', [3], [1, 2, 3]);
  const { mirrored, edge } = await evaluate([x], (b, [x]) => ({
    mirrored: ops.padWith(b, x!, 'reflect', 0, 2, 1),
    edge: ops.padWith(b, x!, 'edge', 0, 2, 1),
  }));
  expect([toNumbers(mirrored!), toNumbers(edge!)]).toEqual([
    [3, 2, 1, 2, 3, 2],
    [1, 1, 1, 2, 3, 3],
  ]);
  const modes = fc.constantFrom('reflect' as const, 'edge' as const);
  const property = fc.asyncProperty(
    shapeWithAxis,
    modes,
    fc.nat(3),
    fc.nat(3),
    seeds,
    ({ shape, axis }, mode, p, q, seed) => {
      const most = mode === 'edge' ? 3 : shape[axis]! - 1;
      const [before, after] = [Math.min(p, most), Math.min(q, most)];
      return checkGradients(
        [random(seed, shape)],
        (b, [x]) => ops.sin(b, ops.padWith(b, x!, mode, axis, before, after)),
        {
          seed,
        },
      );
    },
  );
  await fc.assert(property, settings);
});

test('tile repeats along every axis, has a gradient, and that has its own', async () => {
  const { y } = await evaluate([tensorFrom('float64', [2, 1], [1, 2])], (b, [x]) => ({ y: ops.tile(b, x!, [2, 3]) }));
  expect(toNumbers(y!)).toEqual([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
  const cases = shapes(0, 3).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))), seeds),
  );
  const property = fc.asyncProperty(cases, ([shape, repeats, seed]) =>
    checkGradients(
      [random(seed, shape)],
      (b, [x]) => {
        const y = ops.tile(b, ops.sin(b, x!), repeats);
        return ops.mul(b, y, b.constant(random(seed + 1, y.type.shape.map(Number))));
      },
      { seed },
    ),
  );
  await fc.assert(property, settings);
  const b = new Builder();
  expect(ops.tile(b, b.input('x', 'float32', ['rows', 2]), [1, 3]).type.shape).toEqual(['rows', 6]);
});

test('axes that are known by name only pass through windows and pads, also backwards', async () => {
  const b = new Builder();
  const x = b.input('x', 'float32', ['rows', 5]);
  const odd = ops.window(b, x, [null, { start: 1, end: 5, step: 2 }]);
  const y = ops.sin(b, ops.padAll(b, odd, [0, 1], [0, 2]));
  const gradient = grad(b, ops.reduceSum(b, y), [x])[0]!;
  expect([y.type.shape, gradient.type.shape]).toEqual([
    ['rows', 5],
    ['rows', 5],
  ]);
  const bytes = writeModel(new Graph('g', [x], { gradient }), { producer: 'test' });
  await using session = await openSession(bytes);
  const values = random(1, [2, 5], -1, 1, 'float32');
  const results = await session.run({ x: values });
  const wanted = toNumbers(values).map((value, i) => (i % 5 === 1 || i % 5 === 3 ? Math.cos(value) : 0));
  for (const [i, value] of toNumbers(results.gradient!).entries()) expect(value).toBeCloseTo(wanted[i]!, 6);
});

test('what does not fit is refused with the bounds', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [5]);
  expect(() => ops.window(b, x, [{ start: 0, end: 5, step: 0 }])).toThrow(/wants steps of 1 or more on axis 0; got 0/);
  expect(() => ops.padWith(b, x, 'reflect', 0, 5, 0)).toThrow('reflect padding wants between 0 and 4; got 5 and 0');
  expect(() => ops.tile(b, x, [0])).toThrow('Tile wants repeats of 1 or more; got 0');
  expect(() => ops.tile(b, x, [1, 1])).toThrow('Tile wants 1 repeats; got [1, 1]');
});
