/** Gradients for whoever updates parameters elsewhere, in 16 bits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as ops from '#engine/ops/index.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { nextScaling } from '#engine/precision/loss-scaling.ts';
import { openSession } from '#engine/run.ts';
import { type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { squaredError } from '#engine/training/loss.ts';
import type { Objective } from '#engine/training/objective.ts';
import { initialState, type State } from '#engine/training/state.ts';
import { compileGradients, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Training } from '#engine/training/training.ts';

const rate = 2 ** -4;
const options = { threads: 1 } as const;

/** y = x w, with weights for the rows. */
const objective: Objective = {
  data: {
    x: { dtype: 'float32', shape: ['rows', 1] },
    y: { dtype: 'float32', shape: ['rows', 1] },
    share: { dtype: 'float32', shape: ['rows'] },
  },
  target: 'y',
  weight: 'share',
  network: {
    parameters: [{ name: 'w', shape: [1, 1], initializer: () => Float32Array.of(0.5), decay: true }],
    forward: (b, { w }, x) => ops.matMul(b, x, w!),
  },
  loss: squaredError,
  precision: 'float16',
  emulateHalf: true,
};

const spec = (over: Partial<TrainSpec> = {}): TrainSpec => ({
  ...objective,
  optimizer: sgd({ learningRate: rate }),
  batchSize: 2,
  seed: 1,
  ...over,
});

type Row = readonly [x: number, y: number, share: number];

const dataOf = (rows: readonly Row[]): Tensors => ({
  x: tensorFrom(
    'float32',
    [rows.length, 1],
    rows.map(([x]) => x),
  ),
  y: tensorFrom(
    'float32',
    [rows.length, 1],
    rows.map(([, y]) => y),
  ),
  share: tensorFrom(
    'float32',
    [rows.length],
    rows.map(([, , share]) => share),
  ),
});

interface Part {
  readonly gradient: number;
  readonly loss: number;
  readonly weight: number;
}

/** What each machine computes from its own rows. */
async function partsOf(machines: readonly (readonly Row[])[], state: State): Promise<Part[]> {
  const program = compileGradients(objective, 1);
  await using session = await openSession(program.bytes, options);
  const parts: Part[] = [];
  for (const rows of machines) {
    const { x, y, share } = dataOf(rows);
    const step = tensorFrom('int64', [], [1]);
    const results = await session.run({ ...state, 'data/x': x!, 'data/y': y!, 'data/share': share!, step });
    const number = (name: string) => toNumbers(results[name]!)[0]!;
    parts.push({ gradient: number('gradient/w'), loss: number('loss'), weight: number('weight') });
  }
  return parts;
}

const sumOf = (parts: readonly Part[], name: keyof Part) => parts.reduce((sum, part) => sum + part[name], 0);

const withScale = (scale: number): State => ({
  ...initialState(spec(), 1),
  loss_scale: tensorFrom('float32', [], [scale]),
});

describe('gradients in float16', () => {
  test('add up over machines to the step of a training', async () => {
    const machines: Row[][] = [[[1, 3, 1]], [[2, -1, 0.5]]];
    const before = withScale(2 ** 8);
    const parts = await partsOf(machines, before);
    await using training = await Training.open(compileTrain(spec()), dataOf(machines.flat()), before, options);
    const scores = await training.run([[0, 1]]);
    expect([sumOf(parts, 'loss'), sumOf(parts, 'weight')]).toEqual([scores.loss[0], scores.weight[0]]);
    const after = 0.5 - (rate * sumOf(parts, 'gradient')) / sumOf(parts, 'weight');
    expect(after).toBeCloseTo(toNumbers(training.state['parameter/w']!)[0]!, 3);
    expect(after).not.toBeCloseTo(0.5, 2);
  });

  test('are the same for every factor that they survive, and not finite for one that they do not', async () => {
    const row: Row[] = [[1, 3, 1]];
    const gradients = [];
    for (const scale of [2 ** 4, 2 ** 12, 2 ** 16]) {
      const [part] = await partsOf([row], withScale(scale));
      expect(part!.loss).toBe(6.25);
      gradients.push(part!.gradient);
    }
    expect(gradients).toEqual([-5, -5, Number.NEGATIVE_INFINITY]);
  });

  test('are those of the mean to the factor: many rows need no smaller one', async () => {
    const rows = Array.from({ length: 1000 }, (): Row => [1, 0, 1]);
    const [part] = await partsOf([rows], withScale(2 ** 15));
    expect(part).toEqual({ gradient: expect.closeTo(1000, 3), loss: 250, weight: 1000 });
  });

  test('reach what float16 has no numbers for', async () => {
    // 2 (w − y) = 2⁻²⁹, and the smallest number is 2⁻²⁴.
    const w = 2 ** -8;
    const row: Row[] = [[1, w - 2 ** -30, 1]];
    const gradient = async (scale: number) => {
      const state = { ...withScale(scale), 'parameter/w': tensorFrom('float32', [1, 1], [w]) };
      return (await partsOf([row], state))[0]!.gradient;
    };
    expect([await gradient(1), await gradient(2 ** 16)]).toEqual([0, 2 ** -29]);
  });

  test('are zero from rows that weigh nothing, whatever the factor', async () => {
    const [part] = await partsOf([[[1, 3, 0]]], withScale(2 ** 127));
    expect(part).toEqual({ gradient: 0, loss: 0, weight: 0 });
  });
});

test('float32 and bfloat16 ask for no factor', async () => {
  for (const precision of ['float32', 'bfloat16'] as const) {
    const program = compileGradients({ ...objective, precision }, 1);
    expect(program.precision).toBe(precision);
    await using session = await openSession(program.bytes, options);
    expect(session.inputNames).not.toContain('loss_scale');
  }
});

test('the factor moves as it does in a training', async () => {
  const power = (min: number, max: number) => fc.integer({ min, max }).map((exponent) => 2 ** exponent);
  const rules = fc.record(
    { initial: power(8, 20), growth: power(1, 3), backoff: power(-3, -1), interval: fc.integer({ min: 1, max: 3 }) },
    { requiredKeys: ['initial'] },
  );
  const rows: Row[] = [
    [1, 3, 1],
    [4, -3, 1],
  ];
  const order = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 8, maxLength: 8 });
  const property = fc.asyncProperty(rules, order, async (lossScaling, steps) => {
    const still = spec({ lossScaling, optimizer: sgd({ learningRate: 0 }), batchSize: 1 });
    await using training = await Training.open(compileTrain(still), dataOf(rows), initialState(still, 1), options);
    let state = training.state;
    for (const row of steps) {
      const [{ gradient }] = (await partsOf([[rows[row]!]], state)) as [Part];
      state = { ...state, ...nextScaling(still, state, Number.isFinite(gradient)) };
      await training.run([[row]]);
      const { loss_scale, good_steps } = training.state;
      expect(state).toMatchObject({ loss_scale, good_steps });
    }
  });
  await fc.assert(property, { numRuns: 5, seed: 1 });
  const largest = { loss_scale: tensorFrom('float32', [], [2 ** 127]), good_steps: tensorFrom('int64', [], [1999]) };
  expect(nextScaling({ precision: 'float16' }, largest, true)).toEqual({
    loss_scale: tensorFrom('float32', [], [2 ** 127]),
    good_steps: tensorFrom('int64', [], [0]),
  });
});
