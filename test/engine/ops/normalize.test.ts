import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, sizes } from './arbitraries.ts';

const dims = (min: number, max: number) => fc.array(fc.integer({ min: 1, max: 3 }), { minLength: min, maxLength: max });
/** Axes over which nothing is normalised may be empty. */
const outerDims = fc.array(sizes, { maxLength: 2 });
const small = (count: number) => fc.integer({ min: 2, max: count });

describe('layerNorm', () => {
  test('has mean 0 and variance 1 along the axes, then gain and bias', async () => {
    const x = tensorFrom('float32', [2, 3], [1, 2, 3, 10, 10, 40]);
    const { y } = await evaluate(
      [x, tensorFrom('float32', [3], [1, 2, 1]), tensorFrom('float32', [3], [0, 0, 5])],
      (b, [x, g, c]) => ({
        y: ops.layerNorm(b, x!, g!, c!, { epsilon: 0 }),
      }),
    );
    const [r, s] = [Math.sqrt(1.5), Math.SQRT1_2];
    for (const [i, value] of [-r, 0, r + 5, -s, -2 * s, 2 * s + 5].entries())
      expect(toNumbers(y!)[i]).toBeCloseTo(value, 5);
  });

  test('has a gradient by input, gain and bias over any trailing axes, and that has its own', async () => {
    const cases = fc.tuple(outerDims, dims(0, 1), small(4), fc.boolean(), fc.constantFrom('float32', 'float64'), seeds);
    const property = fc.asyncProperty(cases, ([outer, inner, last, biased, dtype, seed]) => {
      const draw = (salt: number, shape: number[], bound = 1) => random(seed + salt, shape, -bound, bound, dtype);
      const axes = [...inner, last];
      const inputs = [draw(0, [...outer, ...axes], 2), draw(1, axes), ...(biased ? [draw(2, axes)] : [])];
      return checkGradients(
        inputs,
        (b, [x, g, c]) => ops.sin(b, ops.layerNorm(b, x!, g!, c, { axis: outer.length, epsilon: 0.1 })),
        { seed },
      );
    });
    await fc.assert(property, settings);
  });

  test('has a gradient by the statistics that its gradient uses, alone and together', async () => {
    const inputs = [random(1, [2, 3], -2, 2, 'float32'), random(2, [3], -1, 1, 'float32')];
    const outputs = (b: Builder, [x, gain]: readonly Value[]) =>
      b.apply(ops.layerNorm.op, [x!, gain!], { axis: 1, epsilon: 0.1 }) as readonly [Value, Value, Value];
    await checkGradients(inputs, (b, xs) => ops.sin(b, outputs(b, xs)[1]));
    await checkGradients(inputs, (b, xs) => ops.sin(b, outputs(b, xs)[2]));
    await checkGradients(inputs, (b, xs) => {
      const [y, mean, inverse] = outputs(b, xs);
      return ops.mul(b, ops.add(b, y, mean), inverse);
    });
    const biased = [...inputs, random(3, [3], -1, 1, 'float32')];
    await checkGradients(biased, (b, [x, gain, bias]) => ops.layerNorm(b, x!, gain!, bias, { epsilon: 0.1 }));
    await checkGradients(biased, (b, [x, gain, bias]) =>
      ops.add(b, b.apply(ops.layerNorm.op, [x!, gain!, bias!], { axis: 1, epsilon: 0.1 })[2]!, bias!),
    );
  });

  test('has a third derivative too', async () => {
    await checkGradients([random(1, [2, 3], -1, 1, 'float32'), random(2, [3], -1, 1, 'float32')], (b, [x, g]) => {
      const y = ops.reduceSum(b, ops.sin(b, ops.layerNorm(b, x!, g!, undefined, { epsilon: 0.2 })));
      return grad(b, y, [x!])[0]!;
    });
  });

  test('refuses a gain of another shape', () => {
    const b = new Builder();
    expect(() => ops.layerNorm(b, b.input('x', 'float32', ['rows', 4]), b.input('g', 'float32', [3]))).toThrow(
      /wants gain and bias \[4\]; got \[3\]/,
    );
  });
});

test('rmsNorm divides by the root of the mean square, has a gradient, and that has its own', async () => {
  const { y } = await evaluate(
    [tensorFrom('float64', [1, 2], [3, 4]), tensorFrom('float64', [2], [1, 2])],
    (b, [x, g]) => ({
      y: ops.rmsNorm(b, x!, g!, { epsilon: 0 }),
    }),
  );
  const root = Math.sqrt(12.5);
  for (const [i, value] of [3 / root, 8 / root].entries()) expect(toNumbers(y!)[i]).toBeCloseTo(value, 10);
  const property = fc.asyncProperty(outerDims, small(4), seeds, (outer, width, seed) =>
    checkGradients([random(seed, [...outer, width]), random(seed + 1, [width])], (b, [x, g]) =>
      ops.sin(b, ops.rmsNorm(b, x!, g!, { epsilon: 0.1 })),
    ),
  );
  await fc.assert(property, settings);
});

test('groupNorm normalises groups of channels, has a gradient, and that has its own', async () => {
  const cases = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 }), small(3), dims(0, 2), seeds);
  const property = fc.asyncProperty(cases, ([batch, groups, each, rest, seed]) =>
    checkGradients(
      [
        random(seed, [batch, groups * each, ...rest], -2, 2),
        random(seed + 1, [groups * each]),
        random(seed + 2, [groups * each]),
      ],
      (b, [x, g, c]) => ops.groupNorm(b, x!, groups, g!, c!, { epsilon: 0.1 }),
      { seed },
    ),
  );
  await fc.assert(property, settings);
  const { y } = await evaluate([tensorFrom('float32', [1, 4], [1, 3, 10, 30])], (b, [x]) => {
    const [one, zero] = [
      b.constant(tensorFrom('float32', [4], [1, 1, 1, 1])),
      b.constant(tensorFrom('float32', [4], [0, 0, 0, 0])),
    ];
    return { y: ops.groupNorm(b, x!, 2, one, zero, { epsilon: 0 }) };
  });
  expect(toNumbers(y!)).toEqual([-1, 1, -1, 1]);
  const b = new Builder();
  const [x, g] = [b.input('x', 'float32', ['rows', 4, 2]), b.input('g', 'float32', [4])];
  expect(() => ops.groupNorm(b, x, 3, g, g)).toThrow('groupNorm wants groups that divide 4 channels; got 3');
});

describe('normal numbers', () => {
  const [BATCH, CHANNELS, WIDTH, EPSILON] = [2, 4, 3, 0.3];
  const x = random(1, [BATCH, CHANNELS, WIDTH], -2, 2);
  const perChannel = [2, 3, 4].map((seed) => random(seed, [CHANNELS]));
  const variance = random(5, [CHANNELS], 0.5, 2);
  const values = toNumbers(x);
  const channelOf = (i: number) => Math.floor(i / WIDTH) % CHANNELS;

  /** Each number with the mean and variance of its group taken out. */
  function standardized(groupOf: (i: number) => number): number[] {
    return values.map((value, i) => {
      const group = values.filter((_, k) => groupOf(k) === groupOf(i));
      const mean = group.reduce((sum, one) => sum + one, 0) / group.length;
      const spread = group.reduce((sum, one) => sum + (one - mean) ** 2, 0) / group.length;
      return (value - mean) / Math.sqrt(spread + EPSILON);
    });
  }

  async function expectNumbers(build: Parameters<typeof evaluate>[1], wanted: readonly number[]): Promise<void> {
    const { y } = await evaluate([x, ...perChannel, variance], build);
    expect(y!.shape).toEqual(x.shape);
    for (const [i, value] of wanted.entries()) expect(toNumbers(y!)[i]).toBeCloseTo(value, 10);
  }
  const [gain, bias, mean, spread] = [...perChannel, variance].map(toNumbers) as [
    number[],
    number[],
    number[],
    number[],
  ];

  test.each([1, 2, 4])('come out of groupNorm with %i groups', async (groups) => {
    const normal = standardized((i) => Math.floor(i / (WIDTH * (CHANNELS / groups))));
    await expectNumbers(
      (b, [x, gain, bias]) => ({ y: ops.groupNorm(b, x!, groups, gain!, bias!, { epsilon: EPSILON }) }),
      normal.map((value, i) => value * gain[channelOf(i)]! + bias[channelOf(i)]!),
    );
  });

  test('come out of batchNorm, by the batch and by the running statistics', async () => {
    const normal = standardized(channelOf);
    const v = ([, gain, bias, mean, variance]: readonly Value[]) => ({
      gain: gain!,
      bias: bias!,
      mean: mean!,
      variance: variance!,
    });
    await expectNumbers(
      (b, xs) => ({ y: ops.batchNormTraining(b, xs[0]!, v(xs), { epsilon: EPSILON }).y }),
      normal.map((value, i) => value * gain[channelOf(i)]! + bias[channelOf(i)]!),
    );
    await expectNumbers(
      (b, xs) => ({ y: ops.batchNormInference(b, xs[0]!, v(xs), { epsilon: EPSILON }) }),
      values.map((value, i) => {
        const c = channelOf(i);
        return ((value - mean[c]!) / Math.sqrt(spread[c]! + EPSILON)) * gain[c]! + bias[c]!;
      }),
    );
  });

  test('come out of layerNorm and rmsNorm in double precision', async () => {
    const [g, c] = [random(6, [WIDTH]), random(7, [WIDTH])];
    const [gs, cs] = [toNumbers(g), toNumbers(c)];
    const normal = standardized((i) => Math.floor(i / WIDTH));
    const plain = normal.map((value, i) => value * gs[i % WIDTH]!);
    await expectNumbers(
      (b, [x]) => ({ y: ops.layerNorm(b, x!, b.constant(g), b.constant(c), { epsilon: EPSILON }) }),
      plain.map((value, i) => value + cs[i % WIDTH]!),
    );
    await expectNumbers(
      (b, [x]) => ({ y: ops.layerNorm(b, x!, b.constant(g), undefined, { epsilon: EPSILON }) }),
      plain,
    );
    const square = (i: number) =>
      values.reduce((sum, one, k) => sum + (Math.floor(k / WIDTH) === Math.floor(i / WIDTH) ? one ** 2 : 0), 0) / WIDTH;
    await expectNumbers(
      (b, [x]) => ({ y: ops.rmsNorm(b, x!, b.constant(g), { epsilon: EPSILON }) }),
      values.map((value, i) => (value / Math.sqrt(square(i) + EPSILON)) * gs[i % WIDTH]!),
    );
  });
});

describe('batchNorm', () => {
  const values = (seed: number, channels: number) => [
    random(seed, [channels]),
    random(seed + 1, [channels]),
    random(seed + 2, [channels]),
    random(seed + 3, [channels], 0.5, 2),
  ];

  test('has a gradient in training and in inference, and that has its own', async () => {
    const cases = fc.tuple(small(3), fc.integer({ min: 1, max: 3 }), dims(0, 2), seeds);
    const property = fc.asyncProperty(cases, async ([batch, channels, rest, seed]) => {
      const inputs = [random(seed + 9, [batch, channels, ...rest], -2, 2), ...values(seed, channels)];
      await checkGradients(inputs, (b, [x, gain, bias, mean, variance]) =>
        ops.sin(
          b,
          ops.batchNormTraining(b, x!, { gain: gain!, bias: bias!, mean: mean!, variance: variance! }, { epsilon: 0.2 })
            .y,
        ),
      );
      await checkGradients(inputs, (b, [x, gain, bias, mean, variance]) =>
        ops.sin(b, ops.batchNormInference(b, x!, { gain: gain!, bias: bias!, mean: mean!, variance: variance! })),
      );
    });
    await fc.assert(property, { ...settings, numRuns: 8 });
  });

  test('moves its running statistics towards the batch, with the unbiased variance', async () => {
    const x = tensorFrom('float64', [2, 1, 2], [1, 2, 3, 6]);
    const one = (value: number) => tensorFrom('float64', [1], [value]);
    const { mean, variance, y } = await evaluate(
      [x, one(2), one(1), one(10), one(20)],
      (b, [x, gain, bias, mean, variance]) => {
        const v = { gain: gain!, bias: bias!, mean: mean!, variance: variance! };
        return { ...ops.batchNormTraining(b, x!, v, { momentum: 0.25, epsilon: 0 }) };
      },
    );
    expect(toNumbers(mean!)[0]).toBeCloseTo(0.75 * 10 + 0.25 * 3, 12);
    expect(toNumbers(variance!)[0]).toBeCloseTo(0.75 * 20 + 0.25 * (14 / 3), 12);
    for (const [i, value] of [-2, -1, 0, 3].entries())
      expect(toNumbers(y!)[i]).toBeCloseTo(1 + (2 * value) / Math.sqrt(3.5), 12);
  });

  test('refuses a batch with one value a channel', () => {
    const b = new Builder();
    const [x, v] = [b.input('x', 'float32', [1, 3]), b.input('v', 'float32', [3])];
    expect(() => ops.batchNormTraining(b, x, { gain: v, bias: v, mean: v, variance: v })).toThrow(
      'batchNorm wants two values a channel or more to train; got 1',
    );
  });
});
