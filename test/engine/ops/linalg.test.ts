import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { ShapeError } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { broadcasting, seeds, settings, sizes } from './arbitraries.ts';

const dims = fc.record({ m: sizes, k: sizes, n: sizes });

describe('matMul', () => {
  test('multiplies matrices', async () => {
    const x = tensorFrom('float64', [2, 2], [1, 2, 3, 4]);
    const y = tensorFrom('float64', [2, 1], [5, 6]);
    const { z } = await evaluate([x, y], (b, [x, y]) => ({ z: ops.matMul(b, x!, y!) }));
    expect(toNumbers(z!)).toEqual([17, 39]);
  });

  test('has a gradient for batches that broadcast, and that has its own', async () => {
    const property = fc.asyncProperty(broadcasting(2), dims, seeds, ([p, q], { m, k, n }, seed) =>
      checkGradients(
        [random(seed, [...p!, m, k]), random(seed + 1, [...q!, k, n])],
        (b, [x, y]) => ops.matMul(b, x!, y!),
        {
          seed,
        },
      ),
    );
    await fc.assert(property, { ...settings, numRuns: 20 });
  });

  test('has one product over all rows for the gradient by a plain matrix', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', 'float32', [5, 2, 3]), b.input('y', 'float32', [3, 4])];
    const gradient = grad(b, ops.reduceSum(b, ops.matMul(b, x, y)), [y])[0]!.node!;
    expect([gradient.op.name, gradient.inputs[0]!.type.shape]).toEqual(['Gemm', [10, 3]]);
  });

  test('names itself, what came and the place when inner dimensions differ', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [2, 3]);
    const y = b.input('y', 'float32', [4, 5]);
    expect(() => b.at('mlp', () => b.at('output', () => ops.matMul(b, x, y)))).toThrow(
      new ShapeError('MatMul(float32[2, 3], float32[4, 5]) at mlp/output: inner dimensions must agree; got 3 and 4'),
    );
  });

  test('refuses vectors and integers', () => {
    const b = new Builder();
    const m = b.input('m', 'float32', [2, 2]);
    expect(() => ops.matMul(b, b.input('v', 'float32', [2]), m)).toThrow(/wants matrices/);
    const i = b.input('i', 'int64', [2, 2]);
    expect(() => ops.matMul(b, i, i)).toThrow(/wants a float type/);
  });
});

describe('gemm', () => {
  const biases = fc.constantFrom('none', 'scalar', 'row', 'column', 'full');

  test('has a gradient with either side transposed and any bias, and that has its own', async () => {
    const property = fc.asyncProperty(
      dims,
      fc.boolean(),
      fc.boolean(),
      biases,
      seeds,
      ({ m, k, n }, transX, transY, bias, seed) => {
        const bounds = { none: [], scalar: [1], row: [n], column: [m, 1], full: [m, n] }[bias];
        const x = random(seed, transX ? [k, m] : [m, k]);
        const y = random(seed + 1, transY ? [n, k] : [k, n]);
        const c = bias === 'none' ? [] : [random(seed + 2, bounds)];
        return checkGradients([x, y, ...c], (b, [x, y, c]) => ops.gemm(b, x!, y!, c, { transX, transY }), { seed });
      },
    );
    await fc.assert(property, { ...settings, numRuns: 40 });
  });

  test.each([
    [2, 3],
    [3, 2],
  ])('is the same product over so many rows that it is written in other ops (%i by %i)', async (k, n) => {
    const [x, z] = [random(1, [600, k]), random(2, [600, n])];
    const { tall, plain } = await evaluate([x, z], (b, [x, z]) => ({
      tall: ops.gemm(b, x!, z!, undefined, { transX: true }),
      plain: ops.matMul(b, ops.transpose(b, x!), z!),
    }));
    expect(tall!.shape).toEqual([k, n]);
    for (const [i, value] of toNumbers(plain!).entries()) expect(toNumbers(tall!)[i]).toBeCloseTo(value, 10);
  });

  test('is the same product with so few columns that it is written in other ops', async () => {
    const [x, z] = [random(1, [20, 18]), random(2, [20, 3])];
    const { narrow, plain } = await evaluate([x, z], (b, [x, z]) => ({
      narrow: ops.gemm(b, x!, z!, undefined, { transX: true }),
      plain: ops.matMul(b, ops.transpose(b, x!), z!),
    }));
    expect(narrow!.shape).toEqual([18, 3]);
    for (const [i, value] of toNumbers(plain!).entries()) expect(toNumbers(narrow!)[i]).toBeCloseTo(value, 10);
  });

  test('refuses a bias that would stretch the product', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [1, 2]);
    const y = b.input('y', 'float32', [2, 3]);
    expect(() => ops.gemm(b, x, y, b.input('c', 'float32', [4, 3]))).toThrow(
      /wants a bias that broadcasts to \[1, 3\]; got \[4, 3\]/,
    );
  });
});

test('linear is one Gemm for rows, bias and all, and needs no bias', async () => {
  const b = new Builder();
  const [x, w, c] = [b.input('x', 'float32', [4, 3]), b.input('w', 'float32', [3, 2]), b.input('c', 'float32', [2])];
  const y = ops.linear(b, x, w, c);
  expect([y.node!.op.name, y.node!.inputs]).toEqual(['Gemm', [x, w, c]]);
  await checkGradients([random(1, [2, 4, 3]), random(2, [3, 2])], (b, [x, w]) => ops.linear(b, x!, w!));
});

test('linear works on rows, on sequences of rows and with a symbolic number of rows', async () => {
  const [w, bias] = [random(2, [3, 2]), random(3, [2])];
  for (const shape of [
    [4, 3],
    [2, 4, 3],
  ])
    await checkGradients([random(1, shape), w, bias], (b, [x, w, c]) => ops.linear(b, x!, w!, c!));
  const b = new Builder();
  const y = ops.linear(b, b.input('x', 'float32', ['rows', 3]), b.input('w', 'float32', [3, 2]));
  expect(y.type).toEqual({ dtype: 'float32', shape: ['rows', 2] });
});
