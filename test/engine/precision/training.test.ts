import { describe, expect, test } from '@jest/globals';
import { PrecisionError } from '#engine/kernels/expect.ts';
import { adam } from '#engine/optim/adam.ts';
import type { Precision } from '#engine/precision/precision.ts';
import { type Tensors, toNumbers } from '#engine/tensor.ts';
import { initialState } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator, firstBadStep, Training } from '#engine/training/training.ts';
import { digits, digitsSpec, shuffled } from '../digits.ts';
import { random } from '../harness.ts';
import { objectives } from '../kernels/trainings.ts';

const options = { threads: 1 } as const;
const HALVES = ['float16', 'bfloat16'] as const;

/** Two epochs of digits, and what is read right of those that were not seen. */
async function learned(precision: Precision) {
  const spec: TrainSpec = { ...digitsSpec(2), precision, emulateHalf: true };
  const state = initialState(spec, 5);
  await using training = await Training.open(compileTrain(spec), digits('training'), state, options);
  const scores = [await training.run(shuffled(0)), await training.run(shuffled(1))];
  await using evaluator = await Evaluator.open(compileEvaluate(spec), options);
  const { correct, weight } = await evaluator.run(training.state, digits('test'));
  return { accuracy: correct / weight, bad: scores.map(firstBadStep), state: training.state };
}

test('digits are learned in half precision as well as in float32', async () => {
  const single = await learned('float32');
  expect(single.accuracy).toBeGreaterThan(0.9);
  for (const precision of HALVES) {
    const { accuracy, bad, state } = await learned(precision);
    expect(accuracy).toBeGreaterThan(single.accuracy - 0.03);
    expect(bad).toEqual([-1, -1]);
    // Rounding is real: the weights are others.
    expect(state['parameter/w']).not.toEqual(single.state['parameter/w']);
    expect(state['parameter/w']!.dtype).toBe('float32');
  }
});

/** Data of an objective's types, near zero. */
function dataOf(data: TrainSpec['data']): Tensors {
  const entries = Object.entries(data).map(([name, { shape }], i) => [
    name,
    random(i + 1, shape.map(Number), -1, 1, 'float32'),
  ]);
  return Object.fromEntries(entries);
}

// Those with real targets: losses near zero would tell less. Verhulst's law divides by small differences, of which half a
// float holds too little: what has it is trained in float32.
const golden = Object.entries(objectives).filter(
  ([name, { data }]) => name.startsWith('golden') && !name.endsWith('verhulst') && data.y!.dtype === 'float32',
);

describe.each(golden)('%s', (_, { rows, ...objective }) => {
  const specOf = (precision: Precision): TrainSpec => ({
    ...objective,
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: rows,
    seed: 1,
    precision,
    emulateHalf: true,
  });

  test.each(HALVES)('has about the same losses and steps in %s', async (precision) => {
    const batch = Array.from({ length: rows }, (_, i) => i);
    const run = async (of: Precision) => {
      const spec = specOf(of);
      const parameters = Object.fromEntries(
        objective.network.parameters.map(({ name, shape }, i) => [name, random(i + 7, shape, -0.5, 0.5, 'float32')]),
      );
      const state = initialState(spec, 1, parameters);
      await using training = await Training.open(compileTrain(spec), dataOf(objective.data), state, options);
      const { loss } = await training.run(Array.from({ length: 5 }, () => batch));
      return { loss, state: training.state };
    };
    const [single, half] = [await run('float32'), await run(precision)];
    const tolerance = precision === 'float16' ? 0.01 : 0.05;
    for (const [i, loss] of single.loss.entries()) expect(Math.abs(half.loss[i]! / loss - 1)).toBeLessThan(tolerance);
    expect(half.loss).not.toEqual(single.loss);
    expect(toNumbers(half.state.step!)).toEqual([5]);
  });
});

describe('a device without kernels', () => {
  const { rows, ...objective } = objectives['golden transformer']!;
  const spec = (over: Partial<TrainSpec>): TrainSpec => ({
    ...objective,
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: rows,
    seed: 1,
    ...over,
  });

  test.each(HALVES)('refuses %s in one line, before anything is loaded', async (precision) => {
    const program = compileTrain(spec({ precision }));
    const open = Training.open(program, dataOf(objective.data), initialState(spec({ precision }), 1), options);
    await expect(open).rejects.toThrow(PrecisionError);
    await expect(open).rejects.toThrow(
      new RegExp(
        `^the CPU has no ${precision} kernel for MatMul \\(nor for .*Add.*\\): train in float32, .*emulateHalf$`,
      ),
    );
  });
});
