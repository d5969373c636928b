import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder, Graph } from '#engine/graph.ts';
import { fromHalfBits, toHalfBits } from '#engine/half.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { cast } from '#engine/ops/select.ts';
import { openSession, RuntimeError } from '#engine/run.ts';
import { filled, type Tensor, tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import type { HalfType } from '#engine/type.ts';

const options = { threads: 1 } as const;

/** What the runtime makes of a 16-bit constant, as float32. */
async function widened(value: Tensor): Promise<number[]> {
  const b = new Builder();
  const y = cast(b, b.constant(value), 'float32');
  await using session = await openSession(writeModel(new Graph('g', [], { y }), { producer: 'test' }), options);
  return toNumbers((await session.run({})).y!);
}

/** What the runtime makes of float32 numbers that go through 16 bits. */
async function narrowed(dtype: HalfType, values: readonly number[]): Promise<number[]> {
  const b = new Builder();
  const x = b.input('x', 'float32', [values.length]);
  const y = cast(b, cast(b, x, dtype), 'float32');
  await using session = await openSession(writeModel(new Graph('g', [x], { y }), { producer: 'test' }), options);
  return toNumbers((await session.run({ x: tensorFrom('float32', [values.length], values) })).y!);
}

describe.each(['float16', 'bfloat16'] as const)('%s', (dtype) => {
  const every = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

  test('stands for the numbers that the runtime takes it for, all 65,536', async () => {
    const ours = toNumbers(tensor(dtype, [every.length], every));
    // A session counts numbers that float32 has no normal form for as zero, and bfloat16 reaches as far down.
    const normal = ours.map((x) => (Math.abs(x) < 2 ** -126 ? 0 * x : x));
    const theirs = await widened(tensor(dtype, [every.length], every));
    expect(normal.filter((x, bits) => !Object.is(x, theirs[bits]))).toEqual([]);
  });

  test('is what its own numbers are rounded to', () => {
    // A session counts tiny numbers as zero on this thread too.
    const normal = [...every].filter((bits) => Math.abs(fromHalfBits(dtype, bits)) >= 2 ** -126);
    expect(normal.filter((bits) => toHalfBits(dtype, fromHalfBits(dtype, bits)) !== bits)).toEqual([]);
    expect([0, -0, Number.NaN].map((x) => toHalfBits(dtype, x) & 0xff00)).toEqual([
      0,
      0x8000,
      0x7e00 | (dtype === 'float16' ? 0 : 0x100),
    ]);
  });

  test('rounds as the runtime does: to the nearest, ties to even', async () => {
    const ties = Array.from(
      { length: 512 },
      (_, i) => (1 + (2 * i + 1) / 2 ** (dtype === 'float16' ? 11 : 8)) * 2 ** (i % 9),
    );
    const random = fc.sample(fc.float({ min: 2 ** -10, max: 70000, noNaN: true }), { numRuns: 2000, seed: 3 });
    const values = [...ties, ...random, ...random.map((x) => -x), 65504, 65519, 65520, 0, Infinity, -Infinity].map(
      Math.fround,
    );
    const ours = toNumbers(tensorFrom(dtype, [values.length], values));
    expect(await narrowed(dtype, values)).toEqual(ours);
  });

  test('fills tensors', () => {
    expect(toNumbers(filled(dtype, [2], 1.5))).toEqual([1.5, 1.5]);
  });

  test('cannot be fed', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', []);
    await using session = await openSession(writeModel(new Graph('g', [x], { y: x }), { producer: 'test' }), options);
    await expect(session.run({ x: filled(dtype, [], 1) })).rejects.toThrow(
      new RuntimeError(`cannot feed ${dtype}[]: feed float32 and cast in the graph`),
    );
  });
});
