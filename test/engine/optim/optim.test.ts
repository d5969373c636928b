import { describe, expect, test } from '@jest/globals';
import { type AdamOptions, adam, adamw } from '#engine/optim/adam.ts';
import { clipByGlobalNorm } from '#engine/optim/clip.ts';
import { lion } from '#engine/optim/lion.ts';
import type { Optimizer, Schedule } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { constant, cosineWithWarmup, linearWithWarmup, stepDecay } from '#engine/optim/schedule.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { filled, scalar, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { evaluate, random } from '../harness.ts';

const SIZE = 5;
const gradients = Array.from({ length: 4 }, (_, i) => toNumbers(random(i + 10, [SIZE])));
const first = toNumbers(random(1, [SIZE]));

/** The parameter after each of four steps with the given gradients, in double precision. */
async function path(optimizer: Optimizer, decay = true): Promise<number[][]> {
  let parameter = tensorFrom('float64', [SIZE], first);
  let slots = optimizer.slots.map(() => filled('float64', [SIZE], 0));
  const points: number[][] = [];
  for (const [i, gradient] of gradients.entries()) {
    const inputs = [parameter, tensorFrom('float64', [SIZE], gradient), scalar('float64', i + 1), ...slots];
    const results = await evaluate(inputs, (b, [p, g, step, ...s]) => {
      const named = Object.fromEntries(optimizer.slots.map((name, k) => [name, s[k]!]));
      const learningRate = b.scalar('float64', optimizer.learningRate);
      const after = optimizer.update(b, {
        parameter: p!,
        gradient: g!,
        slots: named,
        learningRate,
        step: step!,
        decay,
      });
      return { parameter: after.parameter, ...after.slots };
    });
    const read = (name: string) => tensorFrom('float64', [SIZE], toNumbers(results[name]!));
    parameter = read('parameter');
    slots = optimizer.slots.map(read);
    points.push(toNumbers(parameter));
  }
  return points;
}

/** One number's path, written out as in the literature. */
type Reference = (start: number, gradients: readonly number[]) => number[];

async function expectPath(optimizer: Optimizer, reference: Reference, decay = true): Promise<void> {
  const points = await path(optimizer, decay);
  for (let i = 0; i < SIZE; i++) {
    const wanted = reference(
      first[i]!,
      gradients.map((gradient) => gradient[i]!),
    );
    for (const [step, value] of wanted.entries()) expect(points[step]![i]!).toBeCloseTo(value, 11);
  }
}

const sgdReference =
  (rate: number, momentum: number, decay: number): Reference =>
  (start, gradients) => {
    let [p, v] = [start, 0];
    return gradients.map((raw) => {
      v = momentum * v + raw + decay * p;
      p -= rate * v;
      return p;
    });
  };

const adamReference =
  (
    { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
    coupled: number,
    decoupled: number,
  ): Reference =>
  (start, gradients) => {
    let [p, m, v] = [start, 0, 0];
    return gradients.map((raw, i) => {
      const g = raw + coupled * p;
      p -= learningRate * decoupled * p;
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      const [mHat, vHat] = [m / (1 - beta1 ** (i + 1)), v / (1 - beta2 ** (i + 1))];
      p -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
      return p;
    });
  };

describe('optimizers follow their formulas', () => {
  test('SGD, plain, with momentum and with weight decay', async () => {
    await expectPath(sgd({ learningRate: 0.1 }), sgdReference(0.1, 0, 0));
    await expectPath(sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.2 }), sgdReference(0.1, 0.9, 0.2));
  });

  test('Adam, with its constants and others', async () => {
    await expectPath(adam({ learningRate: 0.01 }), adamReference({ learningRate: 0.01 }, 0, 0));
    const odd = { learningRate: 0.05, beta1: 0.5, beta2: 0.8, epsilon: 0.1 };
    await expectPath(adam({ ...odd, weightDecay: 0.3 }), adamReference(odd, 0.3, 0));
  });

  test('AdamW takes the decay off the parameter', async () => {
    const options = { learningRate: 0.05, epsilon: 1e-3 };
    await expectPath(adamw({ ...options, weightDecay: 0.3 }), adamReference(options, 0, 0.3));
    await expectPath(adamw(options), adamReference(options, 0, 0.01));
  });

  test('RMSprop', async () => {
    await expectPath(
      rmsprop({ learningRate: 0.02, alpha: 0.8, epsilon: 1e-3, weightDecay: 0.1 }),
      (start, gradients) => {
        let [p, s] = [start, 0];
        return gradients.map((raw) => {
          const g = raw + 0.1 * p;
          s = 0.8 * s + 0.2 * g * g;
          p -= (0.02 * g) / (Math.sqrt(s) + 1e-3);
          return p;
        });
      },
    );
  });

  test('SGD by Nesterov steps along the gradient at the point ahead', async () => {
    await expectPath(
      sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
      (start, gradients) => {
        let [p, v] = [start, 0];
        return gradients.map((raw) => {
          const g = raw + 0.1 * p;
          v = 0.9 * v + g;
          p -= 0.1 * (g + 0.9 * v);
          return p;
        });
      },
    );
  });

  test('Lion steps by the sign alone', async () => {
    const reference =
      (decay: number): Reference =>
      (start, gradients) => {
        let [p, m] = [start, 0];
        return gradients.map((g) => {
          p -= 0.05 * (Math.sign(0.8 * m + 0.2 * g) + decay * p);
          m = 0.95 * m + 0.05 * g;
          return p;
        });
      };
    const options = { learningRate: 0.05, beta1: 0.8, beta2: 0.95, weightDecay: 0.3 };
    await expectPath(lion(options), reference(0.3));
    await expectPath(lion(options), reference(0), false);
  });

  test('parameters that do not decay do not', async () => {
    await expectPath(sgd({ learningRate: 0.1, weightDecay: 0.5 }), sgdReference(0.1, 0, 0), false);
    await expectPath(adamw({ learningRate: 0.1, weightDecay: 0.5 }), adamReference({ learningRate: 0.1 }, 0, 0), false);
  });
});

test('clipping scales long gradients to the norm, and leaves short and zero ones', async () => {
  const clip = async (values: number[], norm: number) => {
    const inputs = [tensorFrom('float64', [1], values.slice(0, 1)), tensorFrom('float64', [], values.slice(1))];
    const { p, q } = await evaluate(inputs, (b, gradients) => {
      const [p, q] = clipByGlobalNorm(b, gradients, norm);
      return { p: p!, q: q! };
    });
    return [...toNumbers(p!), ...toNumbers(q!)];
  };
  for (const [i, value] of (await clip([3, 4], 1)).entries()) expect(value).toBeCloseTo([0.6, 0.8][i]!, 5);
  expect(await clip([3, 4], 10)).toEqual([3, 4]);
  expect(await clip([0, 0], 1)).toEqual([0, 0]);
});

describe('schedules', () => {
  const at = async (schedule: Schedule, step: number) => {
    const { y } = await evaluate([scalar('float64', step)], (b, [t]) => ({ y: schedule(b, t!) }));
    return toNumbers(y!)[0]!;
  };
  const points: Readonly<Record<string, readonly [Schedule, Readonly<Record<number, number>>]>> = {
    constant: [constant, { 1: 1, 1000: 1 }],
    'half of it every ten steps': [stepDecay(10, 0.5), { 1: 1, 10: 1, 11: 0.5, 20: 0.5, 21: 0.25 }],
    'up, then straight down, then zero': [
      linearWithWarmup(10, 110),
      { 1: 0.1, 5: 0.5, 10: 1, 60: 0.5, 110: 0, 500: 0 },
    ],
    'up, then along a cosine to zero': [cosineWithWarmup(10, 110), { 1: 0.1, 5: 0.5, 10: 1, 60: 0.5, 110: 0, 500: 0 }],
    'without a warm-up': [linearWithWarmup(0, 100), { 25: 0.75 }],
  };
  test.each(Object.entries(points))('%s', async (_, [schedule, wanted]) => {
    for (const [step, value] of Object.entries(wanted)) expect(await at(schedule, Number(step))).toBeCloseTo(value, 12);
  });
});
