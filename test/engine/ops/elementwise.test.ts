import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad } from '#engine/grad.ts';
import { Builder, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import type { DType } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { broadcasting, seeds, settings, shapes } from './arbitraries.ts';

interface UnaryCase {
  readonly f: (b: Builder, x: Value) => Value;
  readonly reference: (x: number) => number;
  /** Where the function is defined and smooth. */
  readonly range?: readonly [number, number];
  /** The element type that the runtime has a kernel for, where it is not float64. */
  readonly dtype?: DType;
  readonly smooth?: false;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** Abramowitz and Stegun 7.1.26 is too coarse here; the Maclaurin series converges fast for |x| < 2. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 40; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const unaries: Readonly<Record<string, UnaryCase>> = {
  neg: { f: ops.neg, reference: (x) => -x },
  abs: { f: ops.abs, reference: Math.abs, range: [0.1, 2] },
  'abs of negatives': { f: ops.abs, reference: Math.abs, range: [-2, -0.1] },
  exp: { f: ops.exp, reference: Math.exp },
  log: { f: ops.log, reference: Math.log, range: [0.2, 3] },
  sqrt: { f: ops.sqrt, reference: Math.sqrt, range: [0.2, 3] },
  reciprocal: { f: ops.reciprocal, reference: (x) => 1 / x, range: [0.5, 2] },
  sin: { f: ops.sin, reference: Math.sin },
  cos: { f: ops.cos, reference: Math.cos },
  tanh: { f: ops.tanh, reference: Math.tanh },
  sigmoid: { f: ops.sigmoid, reference: sigmoid },
  relu: { f: ops.relu, reference: (x) => Math.max(0, x), range: [0.1, 2] },
  'relu of negatives': { f: ops.relu, reference: (x) => Math.max(0, x), range: [-2, -0.1] },
  leakyRelu: { f: (b, x) => ops.leakyRelu(b, x, 0.1), reference: (x) => (x > 0 ? x : 0.1 * x) },
  erf: { f: ops.erf, reference: erf, dtype: 'float32' },
  gelu: { f: ops.gelu, reference: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), dtype: 'float32' },
  geluTanh: {
    f: ops.geluTanh,
    reference: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  },
  // The runtime fuses this one and has the fused kernel in single precision only.
  silu: { f: ops.silu, reference: (x) => x * sigmoid(x), dtype: 'float32' },
  softplus: { f: ops.softplus, reference: (x) => Math.log(1 + Math.exp(x)) },
  clip: { f: (b, x) => ops.clip(b, x, -0.5, 0.5), reference: (x) => Math.min(0.5, Math.max(-0.5, x)) },
  unitStep: { f: ops.unitStep, reference: (x) => Number(x > 0), smooth: false },
  'unitStep in single precision': {
    f: ops.unitStep,
    reference: (x) => Number(x > 0),
    dtype: 'float32',
    smooth: false,
  },
  sign: { f: ops.sign, reference: Math.sign, smooth: false },
  floor: { f: ops.floor, reference: Math.floor, smooth: false },
  ceil: { f: ops.ceil, reference: Math.ceil, smooth: false },
  round: { f: ops.round, reference: Math.round, smooth: false },
};

describe.each(Object.entries(unaries))(
  '%s',
  (_, { f, reference, range = [-1.5, 1.5], dtype = 'float64', smooth = true }) => {
    test('is its function, for every shape', async () => {
      const property = fc.asyncProperty(shapes(), seeds, async (shape, seed) => {
        const x = random(seed, shape, ...range, dtype);
        const { y } = await evaluate([x], (b, [x]) => ({ y: f(b, x!) }));
        const wanted = toNumbers(x).map(reference);
        for (const [i, value] of toNumbers(y!).entries())
          expect(value).toBeCloseTo(wanted[i]!, dtype === 'float32' ? 5 : 10);
      });
      await fc.assert(property, settings);
    });

    test('has the gradient of its function, and that has its own', async () => {
      const property = fc.asyncProperty(shapes(), seeds, (shape, seed) =>
        checkGradients([random(seed, shape, ...range, dtype)], (b, [x]) => f(b, x!), { seed }),
      );
      if (smooth) await fc.assert(property, settings);
      // A step function passes on nothing; the smooth term beside it does.
      else await checkGradients([random(1, [5], 0.1, 0.4)], (b, [x]) => ops.add(b, f(b, x!), ops.mul(b, x!, x!)));
    });
  },
);

interface BinaryCase {
  readonly f: (b: Builder, x: Value, y: Value) => Value;
  readonly reference: (x: number, y: number) => number;
  readonly range?: readonly [number, number];
}

const binaries: Readonly<Record<string, BinaryCase>> = {
  add: { f: ops.add, reference: (x, y) => x + y },
  sub: { f: ops.sub, reference: (x, y) => x - y },
  mul: { f: ops.mul, reference: (x, y) => x * y },
  div: { f: ops.div, reference: (x, y) => x / y, range: [0.5, 2] },
  pow: { f: ops.pow, reference: (x, y) => x ** y, range: [0.5, 2] },
  maximum: { f: ops.maximum, reference: Math.max },
  minimum: { f: ops.minimum, reference: Math.min },
};

describe.each(Object.entries(binaries))('%s', (_, { f, reference, range = [-1.5, 1.5] }) => {
  test('is its function on scalars and vectors', async () => {
    const x = random(1, [4], ...range);
    const y = random(2, [], ...range);
    const { z } = await evaluate([x, y], (b, [x, y]) => ({ z: f(b, x!, y!) }));
    const wanted = toNumbers(x).map((value) => reference(value, toNumbers(y)[0]!));
    for (const [i, value] of toNumbers(z!).entries()) expect(value).toBeCloseTo(wanted[i]!, 10);
  });

  test('has a gradient for all shapes that broadcast, and that has its own', async () => {
    const property = fc.asyncProperty(broadcasting(2), seeds, ([p, q], seed) =>
      checkGradients([random(seed, p!, ...range), random(seed + 1, q!, ...range)], (b, [x, y]) => f(b, x!, y!), {
        seed,
      }),
    );
    await fc.assert(property, settings);
  });
});

test('pow has the power rule by its base, also below zero, and by its exponent where the base is positive', async () => {
  const [xs, ys] = [
    [-2, -2, -1.5, 0, 0, 2],
    [2, 3, 4, 2, 3, 3],
  ];
  const inputs = [tensorFrom('float64', [6], xs), tensorFrom('float64', [6], ys)];
  const { z, p, q, pp } = await evaluate(inputs, (b, [x, y]) => {
    const z = ops.pow(b, x!, y!);
    const [p, q] = grad(b, ops.reduceSum(b, z), [x!, y!]);
    return { z, p: p!, q: q!, pp: grad(b, ops.reduceSum(b, ops.add(b, p!, q!)), [x!])[0]! };
  });
  for (const [i, x] of xs.entries()) {
    const y = ys[i]!;
    expect(toNumbers(z!)[i]).toBeCloseTo(x ** y, 10);
    expect(toNumbers(p!)[i]).toBeCloseTo(y * x ** (y - 1), 10);
    expect(toNumbers(q!)[i]).toBeCloseTo(x > 0 ? Math.log(x) * x ** y : 0, 10);
    const mixed = x > 0 ? x ** (y - 1) * (1 + y * Math.log(x)) : 0;
    expect(toNumbers(pp!)[i]).toBeCloseTo(y * (y - 1) * x ** (y - 2) + mixed, 10);
  }
});

test('pow has no gradient by its exponent at zero, where the power is infinite', async () => {
  const inputs = [tensorFrom('float64', [1], [0]), tensorFrom('float64', [1], [-1])];
  const { q } = await evaluate(inputs, (b, [x, y]) => ({ q: grad(b, ops.reduceSum(b, ops.pow(b, x!, y!)), [y!])[0]! }));
  expect(toNumbers(q!)).toEqual([0]);
});

test('a base within a step of zero is not taken for a negative one', async () => {
  await checkGradients([tensorFrom('float64', [2], [0.01, 0.5]), random(2, [2], 1, 2)], (b, [x, y]) =>
    ops.pow(b, x!, y!),
  );
});

test('unitStep is 0 or 1 for the smallest and the largest numbers too', async () => {
  const smallest = { float32: 2 ** -126, float64: 2 ** -1022 };
  const largest = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE };
  for (const dtype of ['float32', 'float64'] as const) {
    const sizes = [smallest[dtype], largest[dtype], Number.POSITIVE_INFINITY];
    const x = tensorFrom(dtype, [8], [0, -0, ...sizes, ...sizes.map((size) => -size)]);
    const { y } = await evaluate([x], (b, [x]) => ({ y: ops.unitStep(b, x!) }));
    expect(toNumbers(y!).map(Math.abs)).toEqual([0, 0, 1, 1, 1, 0, 0, 0]);
  }
});

test('the kinks of abs, relu and leakyRelu have slopes of 0, 0 and the small one', async () => {
  const { p, q, r } = await evaluate([tensorFrom('float64', [1], [0])], (b, [x]) => {
    const slope = (f: (b: Builder, x: Value) => Value) => grad(b, ops.reduceSum(b, f(b, x!)), [x!])[0]!;
    return { p: slope(ops.abs), q: slope(ops.relu), r: slope((b, x) => ops.leakyRelu(b, x, 0.1)) };
  });
  expect([p, q, r].map((t) => toNumbers(t!)[0])).toEqual([0, 0, 0.1]);
});

test('a number takes as many axes as what it meets ends in ones, which the runtime does faster', () => {
  const shapeOfNumber = (shape: number[]) => {
    const b = new Builder();
    return ops.mul(b, b.input('x', 'float32', shape), 2).node!.inputs[1]!.type.shape;
  };
  expect(
    [
      [4, 3, 1, 1],
      [4, 3, 1],
      [4, 1],
    ].map(shapeOfNumber),
  ).toEqual([
    [1, 1, 1, 1],
    [1, 1, 1],
    [1, 1],
  ]);
  expect([[4, 1, 3], [1, 4], [1, 1], [1], [], [4]].map(shapeOfNumber)).toEqual([[], [], [], [], [], []]);
});

test('what was expanded is met as it was before, unless it was expanded to nothing', () => {
  const b = new Builder();
  const one = b.input('x', 'float32', [1, 1]);
  const [two, none] = [ops.expand(b, one, [2, 1]), ops.expand(b, one, [0, 1])];
  expect(ops.add(b, two, b.input('y', 'float32', [2, 1])).node!.inputs[0]).toBe(one);
  expect(ops.add(b, none, b.input('z', 'float32', [0, 1])).node!.inputs[0]).toBe(none);
});

test('operands that are equal share the gradient of their maximum and minimum', async () => {
  const x = tensorFrom('float64', [2], [1, 3]);
  await checkTies((b, x, y) => ops.maximum(b, x, y));
  await checkTies((b, x, y) => ops.minimum(b, x, y));
  async function checkTies(f: BinaryCase['f']) {
    const { p, q } = await evaluate([x, x], (b, [x, y]) => {
      const [p, q] = grad(b, ops.reduceSum(b, f(b, x!, y!)), [x!, y!]);
      return { p: p!, q: q! };
    });
    expect([toNumbers(p!), toNumbers(q!)]).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
  }
});

test('mod of integers has the sign of the divisor', async () => {
  const { y } = await evaluate([tensorFrom('int64', [4], [7, -7, 5, 0])], (b, [x]) => ({ y: ops.mod(b, x!, 3) }));
  expect(toNumbers(y!)).toEqual([1, 2, 2, 0]);
});

describe('float64', () => {
  test('has x · sigmoid x, of which the runtime would make an operation that has no float64 kernel', async () => {
    const { y } = await evaluate([tensorFrom('float64', [3], [-4, 0, 2])], (b, [x]) => ({ y: ops.silu(b, x!) }));
    const wanted = [-4, 0, 2].map((x) => x / (1 + Math.exp(-x)));
    for (const [i, value] of toNumbers(y!).entries()) expect(value).toBeCloseTo(wanted[i]!, 12);
  });

  test.each(['erf', 'gelu', 'conv', 'convTranspose', 'averagePool'] as const)('is refused by %s', (name) => {
    const b = new Builder();
    const x = b.input('x', 'float64', [1, 1, 4]);
    const made = {
      erf: () => ops.erf(b, x),
      gelu: () => ops.gelu(b, x),
      conv: () => ops.conv(b, x, x),
      convTranspose: () => ops.convTranspose(b, x, x),
      averagePool: () => ops.averagePool(b, x, [2]),
    };
    expect(made[name]).toThrow(/wants float32 or 16 bits, for which alone there are kernels; got float64\[1, 1, 4\]/);
  });
});
