import { describe, expect, test } from '@jest/globals';
import { gather } from '#engine/ops/indexing.ts';
import { linear } from '#engine/ops/linalg.ts';
import { batchNormInference, batchNormTraining } from '#engine/ops/normalize.ts';
import { cast } from '#engine/ops/select.ts';
import { adam, adamw } from '#engine/optim/adam.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { heUniform, ones, zeros } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { crossEntropy, softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { averagedParametersOf, initialState, parametersOf, type State } from '#engine/training/state.ts';
import { compileEvaluate, compileGradients, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import { random } from '../harness.ts';

const [FEATURES, CLASSES, ROWS] = [3, 3, 12];
const options = { threads: 1 } as const;

/** Batch normalisation, then a linear layer; the first of its weights may be frozen. */
function network({ normalise = true, frozen = false } = {}): Network {
  const p = (name: string, shape: number[], initializer = zeros, trainable = true) => ({
    name,
    shape,
    initializer,
    decay: false,
    trainable,
  });
  return {
    parameters: [
      ...(normalise
        ? [
            p('gain', [FEATURES], ones),
            p('shift', [FEATURES]),
            p('mean', [FEATURES], zeros, false),
            p('variance', [FEATURES], ones, false),
          ]
        : []),
      p('w', [FEATURES, CLASSES], heUniform, !frozen),
      p('b', [CLASSES]),
    ],
    forward: (b, v, x, mode) => {
      if (!normalise) return linear(b, x, v.w!, v.b);
      const values = { gain: v.gain!, bias: v.shift!, mean: v.mean!, variance: v.variance! };
      if (!mode.training) return linear(b, batchNormInference(b, x, values), v.w!, v.b);
      const { y, mean, variance } = batchNormTraining(b, x, values);
      mode.carry('mean', mean);
      mode.carry('variance', variance);
      return linear(b, y, v.w!, v.b);
    },
  };
}

const data: Tensors = {
  x: random(1, [ROWS, FEATURES], 1, 4, 'float32'),
  y: tensorFrom(
    'int64',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => (i * 7) % CLASSES),
  ),
};

function spec(overrides: Partial<TrainSpec> = {}): TrainSpec {
  return {
    data: { x: { dtype: 'float32', shape: ['rows', FEATURES] }, y: { dtype: 'int64', shape: ['rows'] } },
    target: 'y',
    network: network(),
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.05 }),
    batchSize: 6,
    seed: 3,
    ...overrides,
  };
}

async function train(s: TrainSpec, batches: readonly (readonly number[])[], state: State = initialState(s, s.seed)) {
  await using training = await Training.open(compileTrain(s), data, state, options);
  const scores = await training.run(batches);
  return { state: training.state, scores };
}

function expectClose(p: Tensors, q: Tensors, digits = 5): void {
  expect(Object.keys(p)).toEqual(Object.keys(q));
  for (const [key, value] of Object.entries(p))
    for (const [i, x] of toNumbers(value).entries()) expect(toNumbers(q[key]!)[i]).toBeCloseTo(x, digits);
}

const [first, second] = [
  [0, 1, 2, 3, 4, 5],
  [6, 7, 8, 9, 10, 11],
];

describe('running statistics', () => {
  test('are carried from step to step by the batches that came, and serve the evaluation', async () => {
    const s = spec();
    const { state } = await train(s, [first, second]);
    const x = toNumbers(data.x!);
    for (let f = 0; f < FEATURES; f++) {
      let [mean, variance] = [0, 1];
      for (const batch of [first, second]) {
        const values = batch.map((row) => x[row * FEATURES + f]!);
        const m = values.reduce((sum, v) => sum + v, 0) / 6;
        mean = 0.9 * mean + 0.1 * m;
        variance = 0.9 * variance + (0.1 * values.reduce((sum, v) => sum + (v - m) ** 2, 0)) / 5;
      }
      expect(toNumbers(parametersOf(state).mean!)[f]).toBeCloseTo(mean, 5);
      expect(toNumbers(parametersOf(state).variance!)[f]).toBeCloseTo(variance, 5);
    }
    await using evaluator = await Evaluator.open(compileEvaluate(s), options);
    const evaluation = await evaluator.run(state, data);
    const changed = { ...state, 'parameter/mean': tensorFrom('float32', [FEATURES], [9, 9, 9]) };
    expect((await evaluator.run(changed, data)).loss).not.toBeCloseTo(evaluation.loss, 3);
  });

  test('have neither slots nor gradients', () => {
    const keys = Object.keys(initialState(spec(), 1));
    expect(keys).toContain('parameter/mean');
    expect(keys.filter((key) => key.endsWith('/mean'))).toEqual(['parameter/mean']);
  });
});

test('a frozen parameter stays as it is, the others move', async () => {
  const s = spec({ network: network({ normalise: false, frozen: true }) });
  const before = initialState(s, s.seed);
  const { state } = await train(s, [first], before);
  expect(state['parameter/w']).toEqual(before['parameter/w']);
  expect(state['parameter/b']).not.toEqual(before['parameter/b']);
});

describe('accumulation', () => {
  test('of parts is the whole batch, also where padding and clipping are', async () => {
    const plain = { network: network({ normalise: false }), clipNorm: 0.1 };
    const batches = [first, [7, 8, 9, 10]];
    const whole = await train(spec(plain), batches);
    const parts = await train(spec({ ...plain, accumulation: 3 }), batches);
    expectClose(parts.state, whole.state);
    for (const name of ['loss', 'weight', 'correct'] as const)
      for (const [i, value] of whole.scores[name].entries()) expect(parts.scores[name][i]).toBeCloseTo(value, 4);
  });

  test('carries running statistics from part to part', async () => {
    const parts = await train(spec({ accumulation: 2, optimizer: sgd({ learningRate: 0 }) }), [first]);
    const steps = await train(spec({ batchSize: 3, optimizer: sgd({ learningRate: 0 }) }), [
      first.slice(0, 3),
      first.slice(3),
    ]);
    expectClose(parametersOf(parts.state), parametersOf(steps.state));
  });

  test('wants parts of one size', () => {
    expect(() => compileTrain(spec({ accumulation: 4 }))).toThrow(
      'accumulation must be a number of parts that divides batch size 6; got 4',
    );
  });
});

test('a moving average of the weights follows them', async () => {
  const s = spec({ averaging: 0.75, network: network({ normalise: false }) });
  const before = initialState(s, s.seed);
  const one = await train(s, [first], before);
  const two = await train(s, [second], one.state);
  const at = (state: State) => toNumbers(parametersOf(state).w!);
  for (const [i, value] of toNumbers(averagedParametersOf(two.state).w!).entries())
    expect(value).toBeCloseTo(0.75 * (0.75 * at(before)[i]! + 0.25 * at(one.state)[i]!) + 0.25 * at(two.state)[i]!, 6);
  expect(() => compileTrain(spec({ averaging: 1 }))).toThrow('averaging must be at least 0 and below 1; got 1');
});

test('the sum of the losses is minimised where that is asked for', async () => {
  const plain = { network: network({ normalise: false }) };
  const sum = await train(spec({ ...plain, optimizer: sgd({ learningRate: 0.01 }), reduction: 'sum' }), [first]);
  const mean = await train(spec({ ...plain, optimizer: sgd({ learningRate: 0.06 }) }), [first]);
  expectClose(sum.state, mean.state);
});

test('ignored rows are as if they were not there', async () => {
  const plain = { network: network({ normalise: false }) };
  const some = first.filter((row) => toNumbers(data.y!)[row] !== 1);
  const ignoring = await train(spec({ ...plain, loss: crossEntropy({ ignoreIndex: 1 }) }), [first]);
  const without = await train(spec(plain), [some]);
  expect(ignoring.scores.weight).toEqual(without.scores.weight);
  expectClose(ignoring.state, without.state);
});

test('gradients come out for whoever updates elsewhere: a step by them is a step of the training', async () => {
  const s = spec({ optimizer: sgd({ learningRate: 0.5 }), batchSize: ROWS });
  const before = initialState(s, s.seed);
  const types = { x: { dtype: 'float32', shape: [ROWS, FEATURES] }, y: { dtype: 'int64', shape: [ROWS] } } as const;
  const program = compileGradients({ ...s, data: types }, s.seed);
  await using session = await openSession(program.bytes, options);
  const feeds = { ...before, 'data/x': data.x!, 'data/y': data.y!, step: tensorFrom('int64', [], [1]) };
  const results = await session.run(feeds);
  const { state } = await train(s, [[...first, ...second]], before);
  for (const name of ['gain', 'shift', 'w', 'b'])
    for (const [i, x] of toNumbers(before[`parameter/${name}`]!).entries())
      expect(x - (0.5 * toNumbers(results[`gradient/${name}`]!)[i]!) / ROWS).toBeCloseTo(
        toNumbers(parametersOf(state)[name]!)[i]!,
        5,
      );
  expectClose({ m: results['after/parameter/mean']! }, { m: state['parameter/mean']! });
});

test('squared error of one output trains too', async () => {
  const target = tensorFrom(
    'float32',
    [ROWS, CLASSES],
    Array.from({ length: ROWS * CLASSES }, (_, i) => i % 4),
  );
  const s = spec({ loss: squaredError, data: { ...spec().data, y: { dtype: 'float32', shape: ['rows', CLASSES] } } });
  await using training = await Training.open(compileTrain(s), { ...data, y: target }, initialState(s, 1), options);
  const { loss } = await training.run(Array.from({ length: 40 }, () => first));
  expect(loss.at(-1)!).toBeLessThan(0.5 * loss[0]!);
});

describe('a table of which a batch needs few rows', () => {
  const TABLE = 5;
  const lookup = (sparse: boolean, learningRateFactor = 1): Network => ({
    parameters: [
      { name: 'table', shape: [TABLE, CLASSES], initializer: ones, decay: true, sparse, learningRateFactor },
    ],
    forward: (b, { table }, x) => gather(b, table!, cast(b, x, 'int64')),
  });
  const of = (network: Network) => {
    const optimizer = adamw({ learningRate: 0.1, weightDecay: 0.5 });
    const data = { x: { dtype: 'int32', shape: ['rows'] }, y: { dtype: 'int64', shape: ['rows'] } } as const;
    return spec({ network, optimizer, data, batchSize: 2 });
  };
  const rows = { x: tensorFrom('int32', [4], [0, 3, 3, 1]), y: tensorFrom('int64', [4], [0, 1, 2, 0]) };
  const trained = async (network: Network, batches: readonly (readonly number[])[]) => {
    const s = of(network);
    await using training = await Training.open(compileTrain(s), rows, initialState(s, s.seed), options);
    await training.run(batches);
    return training.state;
  };
  const row = (state: State, key: string, i: number) => toNumbers(state[key]!).slice(i * CLASSES, (i + 1) * CLASSES);

  test('leaves the others as they are, with their moments and their decay', async () => {
    const state = await trained(lookup(true), [
      [0, 1],
      [2, 3],
    ]);
    for (const unused of [2, 4]) expect(row(state, 'parameter/table', unused)).toEqual([1, 1, 1]);
    const first = await trained(lookup(true), [[0, 1]]);
    // The second step does not have row 0.
    for (const key of ['parameter/table', 'moment1/table', 'moment2/table'])
      expect(row(state, key, 0)).toEqual(row(first, key, 0));
    expect(row(state, 'parameter/table', 3)).not.toEqual(row(first, 'parameter/table', 3));
    const dense = await trained(lookup(false), [[0, 1]]);
    expect(row(first, 'parameter/table', 3)).toEqual(row(dense, 'parameter/table', 3));
    expect(row(dense, 'parameter/table', 4)[0]).toBeCloseTo(0.95, 6);
  });

  test('goes as far as the factor of its rate says', async () => {
    const steps = await Promise.all([1, 0.1].map((factor) => trained(lookup(true, factor), [[0, 1]])));
    const [whole, tenth] = steps.map((state) => 1 - row(state, 'parameter/table', 0)[1]!);
    expect(whole! / tenth!).toBeCloseTo(10, 3);
  });
});
