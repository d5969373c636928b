import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { fullShapes, seeds, settings } from './arbitraries.ts';

const range = (size: number) =>
  fc
    .record({ start: fc.nat(size - 1), length: fc.nat(size), step: fc.integer({ min: 1, max: 3 }) })
    .map(({ start, length, step }) => ({ start, end: Math.min(size, start + Math.max(1, length)), step }));

test('a window takes strided ranges of several axes, has a gradient, and that has its own', async () => {
  const cases = fullShapes(1, 3).chain((shape) =>
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
  await checkGradients([random(1, [2, 3])], (b, [x]) => ops.cos(b, ops.dilate(b, x!, [2, 3])));
});

test('padding may be of any value; axes that get none may be symbolic', async () => {
  const { y } = await evaluate([tensorFrom('float32', [2], [1, 2])], (b, [x]) => ({ y: ops.pad(b, x!, 0, 1, 2, 7) }));
  expect(toNumbers(y!)).toEqual([7, 1, 2, 7, 7]);
  await checkGradients([random(1, [2, 2])], (b, [x]) => ops.sin(b, ops.padAll(b, x!, [1, 0], [0, 2], -0.5)));
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
  for (const mode of ['reflect', 'edge'] as const)
    await checkGradients([random(1, [2, 3])], (b, [x]) => ops.sin(b, ops.padWith(b, x!, mode, 1, 2, 1)));
});

test('tile repeats along every axis, has a gradient, and that has its own', async () => {
  const { y } = await evaluate([tensorFrom('float64', [2, 1], [1, 2])], (b, [x]) => ({ y: ops.tile(b, x!, [2, 3]) }));
  expect(toNumbers(y!)).toEqual([1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
  await checkGradients([random(1, [2, 3])], (b, [x]) =>
    ops.mul(b, ops.tile(b, ops.sin(b, x!), [3, 2]), b.constant(random(2, [6, 6]))),
  );
  const b = new Builder();
  expect(ops.tile(b, b.input('x', 'float32', ['rows', 2]), [1, 3]).type.shape).toEqual(['rows', 6]);
});

test('what does not fit is refused with the bounds', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [5]);
  expect(() => ops.window(b, x, [{ start: 0, end: 5, step: 0 }])).toThrow(/wants steps of 1 or more on axis 0; got 0/);
  expect(() => ops.padWith(b, x, 'reflect', 0, 5, 0)).toThrow('reflect padding wants between 0 and 4; got 5 and 0');
  expect(() => ops.tile(b, x, [0])).toThrow('Tile wants repeats of 1 or more; got 0');
  expect(() => ops.tile(b, x, [1, 1])).toThrow('Tile wants 1 repeats; got [1, 1]');
});
