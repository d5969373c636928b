import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adamw } from '#engine/optim/adam.ts';
import { lion } from '#engine/optim/lion.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { scalar, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { DivergenceError } from '#engine/training/divergence.ts';
import { TrainingLoop } from '#engine/training/loop.ts';
import { initialState, type State } from '#engine/training/state.ts';
import { readStateFile, writeStateFile } from '#engine/training/state-file.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import type { Batch, StepScores } from '#engine/training/training.ts';
import { data, FEATURES, open, perceptron, ROWS, spec } from '../perceptron.ts';

const batches = Array.from({ length: 30 }, (_, i) => [i % ROWS, (i * 3) % ROWS, (i * 5) % ROWS]);

/** A clock by which the chunks take so many milliseconds, one after the other. */
function clockOf(...durations: number[]): () => number {
  let [time, looks] = [0, 0];
  return () => {
    // The loop looks before and after each chunk.
    if (looks++ % 2) time += durations[Math.floor((looks - 1) / 2) % durations.length]!;
    return time;
  };
}

/** Steps that cost nothing; `losses` by step, 1 where there is none. */
function stepping(losses: Readonly<Record<number, number>> = {}) {
  const sizes: number[] = [];
  return {
    sizes,
    state: { step: scalar('int64', 0), 'parameter/w': scalar('float32', 1) } as State,
    async run(chunk: readonly Batch[]): Promise<StepScores> {
      const before = Number(this.state.step!.data[0]);
      sizes.push(chunk.length);
      this.state = { ...this.state, step: scalar('int64', before + chunk.length) };
      const ones = new Float32Array(chunk.length).fill(1);
      return { loss: ones.map((_, i) => losses[before + i] ?? 1), weight: ones, correct: ones };
    },
  };
}

async function all(loop: TrainingLoop, of: readonly Batch[] = batches, from = 0): Promise<number[]> {
  const losses: number[] = [];
  for await (const { scores } of loop.run(of, from)) losses.push(...scores.loss);
  return losses;
}

describe('the loop', () => {
  test('grows its chunks to the time that one is to take', async () => {
    const training = stepping();
    const many = Array.from({ length: 200 }, () => [0]);
    await all(new TrainingLoop(training, { now: clockOf(10, 80, 640, 1000), chunkMs: 800 }), many);
    expect(training.sizes).toEqual([1, 8, 64, 80, 47]);
  });

  test('takes the time of a chunk for about a second unless told otherwise', async () => {
    const training = stepping();
    await all(
      new TrainingLoop(training, { now: clockOf(250, 1000) }),
      Array.from({ length: 13 }, () => [0]),
    );
    expect(training.sizes).toEqual([1, 4, 4, 4]);
  });

  test('begins where it is told to, and stops between two chunks where its caller leaves', async () => {
    const training = stepping();
    const loop = new TrainingLoop(training, { now: clockOf(1) });
    const firsts: number[] = [];
    for await (const { first } of loop.run(batches, 4)) {
      firsts.push(first);
      if (first >= 5) break;
    }
    expect(firsts).toEqual([4, 5]);
    expect(training.state.step).toEqual(scalar('int64', 9));
  });

  test('changes no bit by how steps are grouped, or by being stopped and begun again', async () => {
    const withDropout = spec({ network: perceptron(0.5) });
    await using whole = await open(withDropout);
    const { loss } = await whole.run(batches);
    const durations = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(durations, fc.integer({ min: 1, max: 29 }), async (times, stopAt) => {
        await using training = await open(withDropout);
        const losses: number[] = [];
        let next = 0;
        for (const until of [stopAt, batches.length]) {
          const loop = new TrainingLoop(training, { now: clockOf(...times) });
          for await (const { first, scores } of loop.run(batches, next)) {
            losses.push(...scores.loss);
            next = first + scores.loss.length;
            if (next >= until) break;
          }
        }
        expect(losses).toEqual([...loss]);
        expect(training.state).toEqual(whole.state);
      }),
      { numRuns: 12 },
    );
  });
});

describe('a loss that is no finite number', () => {
  test('goes back to a state that is had only then, where a training would have to copy it', async () => {
    const training = stepping({ 12: Number.NaN });
    let [asked, kept] = [0, 0];
    const keeping = Object.assign(training, {
      keep() {
        const { state } = training;
        kept++;
        return {
          state: () => {
            asked++;
            return { ...state };
          },
          release: () => {
            kept--;
          },
        };
      },
    });
    const loop = new TrainingLoop(keeping, { now: clockOf(1) });
    await all(loop, batches.slice(0, 12));
    // That before the last chunk, whose parameters need not be finite.
    expect([asked, kept]).toEqual([0, 1]);
    const error = await all(loop, batches, 12).catch((thrown: unknown) => thrown as DivergenceError);
    expect((error as DivergenceError).state.step).toEqual(scalar('int64', 12));
    expect(training.state).toBe((error as DivergenceError).state);
    expect(asked).toBe(1);
  });

  test('ends the loop with the step, the rows, and the last good state', async () => {
    const training = stepping({ 12: Number.NaN });
    const loop = new TrainingLoop(training, { now: clockOf(1) });
    const error = await all(loop).catch((thrown: unknown) => thrown as DivergenceError);
    expect(error).toBeInstanceOf(DivergenceError);
    // Chunks of 1, 8 and 21 steps: the state before the third has taken 9.
    expect(error).toMatchObject({ step: 13, stepInChunk: 4, rows: batches[12], loss: Number.NaN });
    expect((error as DivergenceError).state.step).toEqual(scalar('int64', 9));
    expect(training.state).toBe((error as DivergenceError).state);
    expect((error as DivergenceError).message).toBe(
      'the loss must be a finite number; got NaN in step 13 (step 4 of its chunk) over 3 rows (1, 3, 5): try a smaller learning rate or clip the gradient, and look for extreme values in these rows; the state of step 9 is kept',
    );
  });

  test('goes back to the state before, where the first step of a chunk has it and the parameters are lost already', async () => {
    // One step a chunk; the second leaves parameters that the third sees.
    const training = stepping({ 2: Number.POSITIVE_INFINITY });
    const take = training.run.bind(training);
    training.run = async (chunk) => {
      const scores = await take(chunk);
      if (Number(training.state.step!.data[0]) === 2) {
        training.state = { ...training.state, 'parameter/w': scalar('float32', Number.NaN) };
      }
      return scores;
    };
    const loop = new TrainingLoop(training, { now: clockOf(5000) });
    await expect(all(loop)).rejects.toMatchObject({ step: 3, stepInChunk: 1, loss: Number.POSITIVE_INFINITY });
    expect(training.state).toEqual({ step: scalar('int64', 1), 'parameter/w': scalar('float32', 1) });
  });

  test('leaves a training that goes on with other rows', async () => {
    const x = tensorFrom('float32', [ROWS, FEATURES], [Number.POSITIVE_INFINITY, ...toNumbers(data.x!).slice(1)]);
    await using training = await open(spec(), { ...data, x });
    const loop = new TrainingLoop(training, { now: () => 0 });
    await expect(all(loop, [[1], [2], [0, 3], [4]])).rejects.toMatchObject({ step: 3, rows: [0, 3] });
    const losses = await all(loop, [[4], [5], [6]]);
    expect(losses.every(Number.isFinite)).toBe(true);
  });
});

describe('a state written to a file and read again', () => {
  const optimizers: Readonly<Record<string, Optimizer>> = {
    sgd: sgd({ learningRate: 0.05, momentum: 0.9 }),
    nesterov: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
    adam: spec().optimizer,
    adamw: adamw({ learningRate: 0.01, weightDecay: 0.1 }),
    rmsprop: rmsprop({ learningRate: 0.01 }),
    lion: lion({ learningRate: 0.001 }),
  };

  test.each(Object.entries(optimizers))('goes on bit for bit with %s, dropout and averages', async (_, optimizer) => {
    const one: TrainSpec = spec({ network: perceptron(0.3), optimizer, averaging: 0.9, accumulation: 2 });
    await using whole = await open(one);
    const scores = await whole.run(batches);
    await using first = await open(one);
    await first.run(batches.slice(0, 11));
    const { tensors } = readStateFile(Buffer.concat(writeStateFile(first.state)));
    expect(tensors).toEqual(first.state);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(initialState(one, 0)).sort());
    await using second = await open(one, data, tensors);
    expect([...(await second.run(batches.slice(11))).loss]).toEqual([...scores.loss.slice(11)]);
    expect(second.state).toEqual(whole.state);
  });
});
