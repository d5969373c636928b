import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { adam, adamw } from '#engine/optim/adam.ts';
import { lion } from '#engine/optim/lion.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { zeros } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import type { Objective } from '#engine/training/objective.ts';
import { initialState, parameterKey, parametersOf } from '#engine/training/state.ts';
import { compileGradients, compileTrain } from '#engine/training/step.ts';
import { Training } from '#engine/training/training.ts';
import { models } from './models.ts';

type Plains = Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;

/** Null where Lion's step hung on the sign of a rounding error. */
type Recorded = Readonly<Record<string, { readonly shape: number[]; readonly data: (number | null)[] }>>;

/** What `record.py` wrote. */
interface Recording {
  readonly parameters: Plains;
  readonly buffers: Plains;
  readonly data: Plains;
  readonly loss: number;
  readonly gradients: Plains;
  readonly steps: number;
  readonly after: Readonly<Record<string, Recorded>>;
}

/** As in `record.py`. */
const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 }),
  nesterov: sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.01 }),
  adamw: adamw({ learningRate: 0.01, epsilon: 1e-3, weightDecay: 0.1 }),
  rmsprop: rmsprop({ learningRate: 0.002, epsilon: 1e-3 }),
  lion: lion({ learningRate: 0.002, weightDecay: 0.1 }),
};

/** Of the largest number in the tensor, or of 1: a few roundings of float32, and of ten steps of them. */
const TOLERANCE = { gradient: 5e-6, after: 2e-5 } as const;

const options = { threads: 1 } as const;

function tensors(plains: Plains, integer: (name: string) => boolean = () => false): Tensors {
  const entries = Object.entries(plains).map(([name, { shape, data }]) => [
    name,
    tensorFrom(integer(name) ? 'int64' : 'float32', shape, data),
  ]);
  return Object.fromEntries(entries);
}

/** @throws Error with the place and size of the largest difference if it is beyond the tolerance */
function expectNear(name: string, got: Tensor, wanted: readonly (number | null)[], tolerance: number): void {
  const values = toNumbers(got);
  const scale = Math.max(1, ...wanted.map((value) => Math.abs(value ?? 0)));
  const differences = wanted.map((value, i) => (value === null ? 0 : Math.abs(value - values[i]!)));
  const worst = differences.indexOf(Math.max(...differences));
  if (!(differences[worst]! <= tolerance * scale))
    throw new Error(`${name}[${worst}] is ${values[worst]}; recorded ${wanted[worst]}, within ${tolerance * scale}`);
  expect(values).toHaveLength(wanted.length);
}

describe.each(Object.entries(models))('%s', (name, { forward, loss }) => {
  const path = new URL(`../fixtures/golden/${name}.json`, import.meta.url);
  const recording: Recording = JSON.parse(readFileSync(path, 'utf8'));
  const data = tensors(recording.data, (key) => key === 'y' && loss.correct !== undefined);
  const parameters = tensors({ ...recording.parameters, ...recording.buffers });
  const rows = data.x!.shape[0]!;
  const objective: Objective = {
    data: Object.fromEntries(Object.entries(data).map(([key, { dtype, shape }]) => [key, { dtype, shape }])),
    target: 'y',
    loss,
    network: {
      parameters: Object.entries(parameters).map(([key, { shape }]) => ({
        name: key,
        shape,
        initializer: zeros,
        decay: true,
        trainable: key in recording.parameters,
      })),
      forward,
    },
  };

  test('has PyTorch’s loss and every gradient', async () => {
    await using session = await openSession(compileGradients(objective, 1).bytes, options);
    const entries = Object.entries(parameters).map(([key, value]) => [parameterKey(key), value]);
    const feeds = { ...Object.fromEntries(entries), 'data/x': data.x!, 'data/y': data.y! };
    const results = await session.run({ ...feeds, step: tensorFrom('int64', [], [1]) });
    expectNear('loss', results.loss!, [recording.loss * rows], TOLERANCE.gradient);
    for (const [key, { data: wanted }] of Object.entries(recording.gradients)) {
      const sum = wanted.map((value) => value * rows);
      expectNear(`gradient of ${key}`, results[`gradient/${key}`]!, sum, TOLERANCE.gradient);
    }
  });

  test.each(Object.entries(optimizers))('has PyTorch’s parameters after ten steps of %s', async (key, optimizer) => {
    const spec = { ...objective, optimizer, batchSize: rows, seed: 1 };
    const state = initialState(spec, 1, parameters);
    await using training = await Training.open(compileTrain(spec), data, state, options);
    const batch = Array.from({ length: rows }, (_, i) => i);
    await training.run(Array.from({ length: recording.steps }, () => batch));
    const after = parametersOf(training.state);
    const recorded = Object.entries(recording.after[key]!);
    const undecided = recorded.flatMap(([, { data }]) => data.filter((value) => value === null)).length;
    // The transformer's eight are the bias of its keys, which the softmax takes out again: its gradient is all rounding.
    expect(undecided).toBeLessThanOrEqual(key === 'lion' ? 8 : 0);
    for (const [parameter, { data: wanted }] of recorded)
      expectNear(`${parameter} after ${key}`, after[parameter]!, wanted, TOLERANCE.after);
  });
});
