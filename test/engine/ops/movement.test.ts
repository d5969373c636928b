import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes } from './arbitraries.ts';

describe('reshape', () => {
  test('keeps the order of the elements and finds the -1', async () => {
    const x = tensorFrom('float64', [2, 3], [1, 2, 3, 4, 5, 6]);
    const { y } = await evaluate([x], (b, [x]) => ({ y: ops.reshape(b, x!, [3, -1]) }));
    expect([y!.shape, toNumbers(y!)]).toEqual([
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  test('has a gradient, and that has its own', async () => {
    const property = fc.asyncProperty(shapes(), seeds, (shape, seed) =>
      checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.reshape(b, x!, [-1, 1])), { seed }),
    );
    await fc.assert(property, settings);
  });

  test('takes a dimension that is known by name only, and empty ones', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 2, 3]);
    expect(ops.reshape(b, x, [-1, 6]).type.shape).toEqual(['rows', 6]);
    expect(() => ops.reshape(b, x, [-1, 4])).toThrow('Reshape cannot tell the -1 in [-1, 4] from [rows, 2, 3]');
    const { y } = await evaluate([tensorFrom('float64', [0, 3], [])], (b, [x]) => ({ y: ops.reshape(b, x!, [3, 0]) }));
    expect(y!.shape).toEqual([3, 0]);
  });

  test('refuses another number of elements', () => {
    const b = new Builder();
    expect(() => ops.reshape(b, b.input('x', 'float32', [2, 3]), [4])).toThrow(
      /wants as many elements as \[2, 3\] has; got \[4\]/,
    );
  });
});

describe('transpose', () => {
  test('has a gradient for every order of axes, and that has its own', async () => {
    const cases = shapes(0, 4).chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }), seeds),
    );
    const property = fc.asyncProperty(cases, ([shape, perm, seed]) =>
      checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.transpose(b, x!, perm)), { seed }),
    );
    await fc.assert(property, settings);
  });

  test('swaps the last two axes by default', async () => {
    const { y } = await evaluate([tensorFrom('float64', [2, 2], [1, 2, 3, 4])], (b, [x]) => ({
      y: ops.transpose(b, x!),
    }));
    expect(toNumbers(y!)).toEqual([1, 3, 2, 4]);
  });

  test('leaves a vector and a scalar as they are', () => {
    const b = new Builder();
    for (const x of [b.input('v', 'float32', [3]), b.input('s', 'float32', [])]) expect(ops.transpose(b, x)).toBe(x);
  });

  test('refuses an order that leaves an axis out', () => {
    const b = new Builder();
    expect(() => ops.transpose(b, b.input('x', 'float32', [2, 3, 4]), [0, 1])).toThrow(
      /wants an order of the axes \[0, 1, 2\]; got \[0, 1\]/,
    );
  });
});

describe('expand', () => {
  test('has a gradient that sums what was stretched, and that has its own', async () => {
    const cases = shapes(1, 3).chain((shape) =>
      fc.tuple(fc.constant(shape), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), fc.nat(shape.length), seeds),
    );
    const property = fc.asyncProperty(cases, ([shape, singles, dropped, seed]) => {
      const from = shape.map((dim, i) => (singles[i] ? 1 : dim)).slice(dropped);
      return checkGradients([random(seed, from)], (b, [x]) => ops.sin(b, ops.expand(b, x!, shape)), { seed });
    });
    await fc.assert(property, settings);
  });

  test('refuses to shrink', () => {
    const b = new Builder();
    expect(() => ops.expand(b, b.input('x', 'float32', [3]), [1])).toThrow(/cannot expand \[3\] to \[1\]/);
  });
});

describe('squeeze and unsqueeze', () => {
  test('undo each other and have gradients', async () => {
    const property = fc.asyncProperty(
      shapes(0, 3),
      fc.subarray([0, 1, 2, 3], { maxLength: 2 }),
      seeds,
      async (shape, wanted, seed) => {
        const axes = wanted.filter((axis) => axis < shape.length + wanted.length - 1 || axis === 0);
        await checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.unsqueeze(b, x!, axes)), { seed });
        const { y } = await evaluate([random(seed, shape)], (b, [x]) => {
          return { y: ops.squeeze(b, ops.sin(b, ops.unsqueeze(b, x!, axes)), axes) };
        });
        expect(y!.shape).toEqual(shape);
        const longer = shape.toSpliced(axes[0] ?? 0, 0, 1);
        await checkGradients([random(seed, longer)], (b, [x]) => ops.sin(b, ops.squeeze(b, x!, [axes[0] ?? 0])), {
          seed,
        });
      },
    );
    await fc.assert(property, settings);
  });

  test('refuse axes that do not fit', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [2, 1]);
    expect(() => ops.squeeze(b, x, [0])).toThrow(/wants axis 0 of size 1; got \[2, 1\]/);
    expect(() => ops.unsqueeze(b, x, [4])).toThrow(/axis must be between -3 and 2; got 4/);
  });
});

test('what would change nothing makes no node', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [2, 3]);
  const same = [
    ops.reshape(b, x, [2, 3]),
    ops.transpose(b, x, [0, 1]),
    ops.expand(b, x, [2, 3]),
    ops.expandLike(b, x, b.input('y', 'float32', [2, 3])),
    ops.expandTo(b, x, [2, 3], b.input('dims', 'int64', [2])),
    ops.squeeze(b, x, []),
    ops.unsqueeze(b, x, []),
    ops.concat(b, [x], 0),
    ops.split(b, x, 0, [2])[0]!,
    ops.window(b, x, [{ start: 0, end: 2, step: 1 }, null]),
    ops.padAll(b, x, [0, 0], [0, 0]),
    ops.dilate(b, x, [1, 1]),
    ops.tile(b, x, [1, 1]),
    ops.unbroadcast(b, x, b.input('z', 'float32', [2, 3])),
  ];
  for (const value of same) expect(value).toBe(x);
});

test('a split that leaves a piece empty, and a tile of known sizes, are what they say', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [2, 3]);
  expect(ops.split(b, x, 0, [2, 0]).map(({ type }) => type.shape)).toEqual([
    [2, 3],
    [0, 3],
  ]);
  expect(() => ops.split(b, x, 0, [1])).toThrow('wants sizes of 0 or more that add up to 2; got [1]');
  const names = topological([ops.tile(b, x, [1, 4])]).map(({ op }) => op.name);
  expect(names).toEqual(['Unsqueeze', 'Expand', 'Reshape']);
});

test('a size is read from a value when the graph runs only where it is not known before', () => {
  const b = new Builder();
  const [one, x, rows] = [b.scalar('float32', 1), b.input('x', 'float32', [2]), b.input('y', 'float32', ['rows'])];
  const inputs = (value: Value) => value.node!.inputs.map(({ node }) => node?.op.name);
  expect(inputs(ops.expandLike(b, one, x))).toEqual(['Constant']);
  expect(inputs(ops.expandLike(b, one, rows))).toEqual(['Constant', 'Shape']);
  expect(ops.expandTo(b, one, ['rows', 2], ops.shapeOf(b, x)).type.shape).toEqual(['rows', 2]);
});

test('broadcasting is undone over axes that were stretched, to nothing too', async () => {
  const inputs = [random(1, [3, 1]), random(2, [2, 3, 0]), random(3, [2, 1, 1])];
  await checkGradients(inputs, (b, [x, y, z]) => ops.sin(b, ops.mul(b, ops.add(b, x!, z!), y!)));
  const b = new Builder();
  const [ct, x] = [b.input('ct', 'float32', [2, 3, 1]), b.input('x', 'float32', [3, 1])];
  expect(ops.unbroadcast(b, ct, x).node!.inputs[0]!.node!.attrs).toEqual({ axes: [0], keepDims: true });
});

test('an axis is put in once', () => {
  const b = new Builder();
  expect(() => ops.unsqueeze(b, b.input('x', 'float32', [3]), [0, -3])).toThrow('wants each axis once; got [0, 0]');
});
