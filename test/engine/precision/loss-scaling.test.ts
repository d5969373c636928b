import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromHalfBits, toHalfBits } from '#engine/half.ts';
import * as ops from '#engine/ops/index.ts';
import { sgd } from '#engine/optim/sgd.ts';
import type { LossScaling } from '#engine/precision/loss-scaling.ts';
import { type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { type Loss, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { initialState, type State } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { firstBadStep, Training } from '#engine/training/training.ts';

const [RATE, MOMENTUM, KEPT] = [2 ** -7, 0.5, 0.75];

/** One weight, and a statistic that follows the outputs. */
const network: Network = {
  parameters: [
    { name: 'w', shape: [1, 1], initializer: () => Float32Array.of(0.5), decay: true },
    { name: 'seen', shape: [1, 1], initializer: () => Float32Array.of(0), decay: false, trainable: false },
  ],
  forward: (b, { w, seen }, x, mode) => {
    const y = ops.matMul(b, x, w!);
    if (mode.training) mode.carry('seen', ops.add(b, seen!, ops.reduceSum(b, y)));
    return y;
  },
};

function specOf(over: Partial<TrainSpec> = {}): TrainSpec {
  return {
    data: { x: { dtype: 'float32', shape: ['rows', 1] }, y: { dtype: 'float32', shape: ['rows', 1] } },
    target: 'y',
    network,
    loss: squaredError,
    optimizer: sgd({ learningRate: RATE, momentum: MOMENTUM }),
    averaging: KEPT,
    batchSize: 1,
    seed: 1,
    precision: 'float16',
    emulateHalf: true,
    ...over,
  };
}

const column = (values: readonly number[]) => tensorFrom('float32', [values.length, 1], values);

function open(spec: TrainSpec, data: Tensors, state: State = initialState(spec, 1)): Promise<Training> {
  return Training.open(compileTrain(spec), data, state, { threads: 1 });
}

const first = ({ state }: Training, key: string) => toNumbers(state[key]!)[0]!;

const half = (x: number) => fromHalfBits('float16', toHalfBits('float16', x));

/** The same steps in plain TypeScript: y ≈ x w, its squared error, momentum, and the rules of GradScaler. */
class Reference {
  w = 0.5;
  seen = 0;
  velocity = 0;
  average = 0.5;
  step = 0;
  good = 0;
  scale: number;
  readonly #rules: Required<LossScaling>;

  constructor(rules: Required<LossScaling>) {
    this.#rules = rules;
    this.scale = rules.initial;
  }

  /** @returns the loss, and whether the step counted */
  take(x: number, y: number): { readonly loss: number; readonly taken: boolean } {
    const output = half(half(x) * half(this.w));
    const loss = (output - y) ** 2;
    const gradient = half(half(x) * half(2 * (output - y) * this.scale)) / this.scale;
    const taken = Number.isFinite(gradient);
    const { growth, backoff, interval } = this.#rules;
    if (!taken) {
      this.scale *= backoff;
      this.good = 0;
      return { loss, taken };
    }
    this.velocity = MOMENTUM * this.velocity + gradient;
    this.w -= RATE * this.velocity;
    this.average = KEPT * this.average + (1 - KEPT) * this.w;
    this.seen += output;
    this.step++;
    this.good++;
    if (this.good < interval) return { loss, taken };
    this.scale *= growth;
    this.good = 0;
    return { loss, taken };
  }
}

const power = (min: number, max: number) => fc.integer({ min, max }).map((exponent) => 2 ** exponent);

describe('loss scaling', () => {
  test('grows, backs off and skips as GradScaler does, and nothing else moves in a skipped step', async () => {
    const rules = fc.record({
      initial: power(8, 24),
      growth: power(1, 3),
      backoff: power(-3, -1),
      interval: fc.integer({ min: 1, max: 4 }),
    });
    const numbers = fc.double({ min: 0.25, max: 4, noNaN: true }).map(Math.fround);
    const rows = fc.array(fc.record({ x: numbers, y: numbers }), { minLength: 12, maxLength: 12 });
    let skipped = 0;
    const property = fc.asyncProperty(rules, rows, async (lossScaling, batch) => {
      const data = { x: column(batch.map(({ x }) => x)), y: column(batch.map(({ y }) => -y)) };
      await using training = await open(specOf({ lossScaling }), data);
      const reference = new Reference(lossScaling);
      for (const [row, { x, y }] of batch.entries()) {
        const before = training.state;
        const scores = await training.run([[row]]);
        const { loss, taken } = reference.take(x, -y);
        if (!taken) {
          skipped++;
          const { loss_scale: _, good_steps: __, ...rest } = training.state;
          expect(before).toMatchObject(rest);
        }
        expect(first(training, 'loss_scale')).toBe(reference.scale);
        expect(first(training, 'good_steps')).toBe(reference.good);
        expect(first(training, 'step')).toBe(reference.step);
        expect(scores.loss[0]!).toBeCloseTo(loss, 4);
        expect(firstBadStep(scores)).toBe(-1);
      }
      expect(first(training, 'parameter/w')).toBeCloseTo(reference.w, 3);
      expect(first(training, 'velocity/w')).toBeCloseTo(reference.velocity, 2);
      expect(first(training, 'average/w')).toBeCloseTo(reference.average, 3);
      expect(first(training, 'parameter/seen')).toBeCloseTo(reference.seen, 2);
    });
    await fc.assert(property, { numRuns: 12, seed: 4 });
    expect(skipped).toBeGreaterThan(12);
  });

  test('by powers of two makes no difference as long as nothing overflows, also to clipped gradients', async () => {
    const data = { x: column([1, 2, 0.5]), y: column([3, -1, 2]) };
    const stateAfter = async (initial: number) => {
      await using training = await open(specOf({ clipNorm: 0.25, lossScaling: { initial } }), data);
      await training.run([[0], [1], [2], [0]]);
      const { loss_scale: _, ...rest } = training.state;
      return rest;
    };
    expect(await stateAfter(2 ** 10)).toEqual(await stateAfter(2 ** 4));
  });

  test('keeps gradients that float16 has no numbers for', async () => {
    // 2 (w − y) = 2⁻²⁹ is nothing to float16, whose smallest number is 2⁻²⁴.
    const w = 2 ** -8;
    const spec = (over: Partial<TrainSpec>) => specOf({ optimizer: sgd({ learningRate: 2 ** 20 }), ...over });
    const data = { x: column([1]), y: column([w - 2 ** -30]) };
    const weight = async (over: Partial<TrainSpec>) => {
      const state = initialState(spec(over), 1, { w: column([w]) });
      await using training = await open(spec(over), data, state);
      await training.run([[0]]);
      return w - first(training, 'parameter/w');
    };
    expect(await weight({ lossScaling: { initial: 1 } })).toBe(0);
    expect(await weight({})).toBeGreaterThan(0);
    expect(await weight({})).toBe(await weight({ precision: 'float32' }));
  });

  test('is part of the state: a run in two pieces is a run, bit for bit', async () => {
    const spec = specOf({ lossScaling: { initial: 2 ** 18, interval: 2 } });
    const data = { x: column([1, 2, 0.5]), y: column([3, -1, 2]) };
    const batches = Array.from({ length: 12 }, (_, i) => [i % 3]);
    await using whole = await open(spec, data);
    await whole.run(batches);
    await using start = await open(spec, data);
    await start.run(batches.slice(0, 5));
    await using rest = await open(spec, data, start.state);
    await rest.run(batches.slice(5));
    expect(rest.state).toEqual(whole.state);
    expect(first(whole, 'step')).toBeLessThan(12);
  });

  test('does not hide a loss that is infinite itself', async () => {
    await using training = await open(specOf(), { x: column([1, 1]), y: column([1e30, 1]) });
    expect(firstBadStep(await training.run([[1], [0], [1]]))).toBe(1);
  });

  test('starts from a loss that is float32 from the outputs on: 300² is no number of float16', async () => {
    const loss: Loss = { name: 'square', perRow: (b, y) => ops.reduceSum(b, ops.mul(b, y, y), { axes: [1] }) };
    await using training = await open(specOf({ loss }), { x: column([600]), y: column([0]) });
    expect((await training.run([[0]])).loss).toEqual(Float32Array.of(90000));
  });

  test('is nothing that float32 and bfloat16 have', () => {
    for (const precision of ['float32', 'bfloat16'] as const)
      expect(Object.keys(initialState(specOf({ precision }), 1))).not.toContain('loss_scale');
    expect(initialState(specOf(), 1)).toMatchObject({
      loss_scale: tensorFrom('float32', [], [65536]),
      good_steps: tensorFrom('int64', [], [0]),
    });
  });

  test('of parts of a batch is that of the whole batch', async () => {
    const data = { x: column([1, 2, 0.5, 1.5]), y: column([3, -1, 2, 0]) };
    const state = async (over: Partial<TrainSpec>) => {
      await using training = await open(
        specOf({ batchSize: 4, averaging: 0, lossScaling: { initial: 256 }, ...over }),
        data,
      );
      await training.run([
        [0, 1, 2, 3],
        [3, 1],
      ]);
      return training.state;
    };
    const [whole, parts, sums] = [
      await state({}),
      await state({ accumulation: 2 }),
      await state({ accumulation: 2, reduction: 'sum' }),
    ];
    for (const key of ['parameter/w', 'velocity/w'])
      expect(toNumbers(parts[key]!)[0]!).toBeCloseTo(toNumbers(whole[key]!)[0]!, 3);
    expect(parts.loss_scale).toEqual(whole.loss_scale);
    expect(parts.step).toEqual(tensorFrom('int64', [], [2]));
    const single = await state({ precision: 'float32', reduction: 'sum' });
    expect(toNumbers(sums['velocity/w']!)[0]! / toNumbers(single['velocity/w']!)[0]!).toBeCloseTo(1, 2);
  });
});
