import { describe, expect, test } from '@jest/globals';
import { GradientError } from '#engine/grad.ts';
import type { Builder, Value } from '#engine/graph.ts';
import { oneHot } from '#engine/ops/indexing.ts';
import { argMax } from '#engine/ops/reduce.ts';
import { adam, adamw } from '#engine/optim/adam.ts';
import { lion } from '#engine/optim/lion.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';
import type { LossScaling } from '#engine/precision/loss-scaling.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { squaredError } from '#engine/training/loss.ts';
import type { Mode, Values } from '#engine/training/network.ts';
import { initialState, parametersOf, type State } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator, firstBadStep } from '#engine/training/training.ts';
import { adamStep } from '../perceptron.reference.ts';
import { CLASSES, data, FEATURES, open, options, perceptron, ROWS, spec } from '../perceptron.ts';

const numbers = (state: State) =>
  Object.fromEntries(Object.entries(state).map(([key, value]) => [key, toNumbers(value)]));

/** The largest difference between two states, over all numbers. */
function distance(p: State, q: State): number {
  const pairs = Object.keys(p).flatMap((key) => toNumbers(p[key]!).map((x, i) => Math.abs(x - toNumbers(q[key]!)[i]!)));
  return Math.max(...pairs);
}

describe('a training step', () => {
  test('is one step of Adam written out in plain TypeScript', async () => {
    await using training = await open(spec());
    const before = training.state;
    const batch = [2, 9, 4, 7];
    const scores = await training.run([batch]);
    const wanted = adamStep(parametersOf(before), data, batch, 0.01);
    expect(scores.loss[0]! / 4).toBeCloseTo(wanted.loss, 5);
    expect(scores).toMatchObject({ weight: Float32Array.of(4), correct: Float32Array.of(wanted.correct) });
    for (const [name, values] of Object.entries(wanted.parameters)) {
      const got = toNumbers(parametersOf(training.state)[name]!);
      for (const [i, value] of values.entries()) expect(got[i]!).toBeCloseTo(value, 6);
    }
    expect(training.state.step).toEqual(tensorFrom('int64', [], [1]));
  });

  test('counts a short batch exactly: padding changes nothing', async () => {
    await using padded = await open(spec());
    await using exact = await open(spec({ batchSize: 3 }));
    const scores = await padded.run([[5, 0, 8]]);
    expect(scores.weight).toEqual(Float32Array.of(3));
    expect(scores.loss[0]).toBeCloseTo((await exact.run([[5, 0, 8]])).loss[0]!, 5);
    expect(distance(padded.state, exact.state)).toBeLessThan(1e-6);
  });

  test('weighs rows: weight 2 is the row twice, weight 0 not at all', async () => {
    const types = { ...spec().data, w: { dtype: 'float32', shape: ['rows'] } } as const;
    const w = tensorFrom('float32', [ROWS], [0, 1, 2, ...new Array<number>(ROWS - 3).fill(1)]);
    await using weighted = await open(spec({ data: types, weight: 'w' }), { ...data, w });
    await using repeated = await open(spec());
    const scores = await weighted.run([[0, 1, 2]]);
    expect(scores.weight).toEqual(Float32Array.of(3));
    await repeated.run([[1, 2, 2]]);
    expect(distance(weighted.state, repeated.state)).toBeLessThan(1e-6);
  });

  test('sees an infinite row only if it is in the batch, and reports the step', async () => {
    const x = tensorFrom('float32', [ROWS, FEATURES], [Number.POSITIVE_INFINITY, ...toNumbers(data.x!).slice(1)]);
    await using training = await open(spec(), { ...data, x });
    const good = await training.run([
      [1, 2],
      [3, 4],
    ]);
    expect(firstBadStep(good)).toBe(-1);
    expect(
      firstBadStep(
        await training.run([
          [1, 2],
          [0, 1],
          [2, 3],
        ]),
      ),
    ).toBe(1);
  });

  test('takes its own front over the rows', async () => {
    const front: TrainSpec['front'] = (_, { a }) => a!;
    const types = { a: spec().data.x!, y: spec().data.y! };
    await using renamed = await open(spec({ data: types, front }), { a: data.x!, y: data.y! });
    await using plain = await open(spec());
    await renamed.run([[1, 2, 3]]);
    await plain.run([[1, 2, 3]]);
    expect(renamed.state).toEqual(plain.state);
  });

  test('clips the gradient and follows a schedule', async () => {
    const optimizer = sgd({ learningRate: 1 });
    await using clipped = await open(spec({ optimizer, clipNorm: 0.001 }));
    const before = clipped.state;
    await clipped.run([[1, 2, 3, 4]]);
    const moved = Object.keys(before)
      .filter((key) => key !== 'step')
      .flatMap((key) => toNumbers(clipped.state[key]!).map((x, i) => x - toNumbers(before[key]!)[i]!));
    expect(Math.hypot(...moved)).toBeCloseTo(0.001, 5);
    await using still = await open(spec({ optimizer, schedule: (b) => b.scalar('float64', 0) }));
    await still.run([[1, 2, 3, 4]]);
    expect(parametersOf(still.state)).toEqual(parametersOf(before));
  });
});

describe('a training', () => {
  const batches = Array.from({ length: 12 }, (_, i) => [i % ROWS, (i * 3) % ROWS, (i * 5) % ROWS]);
  const withDropout = spec({ network: perceptron(0.5) });

  test('is the same, bit for bit, when it is repeated', async () => {
    await using one = await open(withDropout);
    await using two = await open(withDropout);
    expect(await one.run(batches)).toEqual(await two.run(batches));
    expect(one.state).toEqual(two.state);
    await using other = await open({ ...withDropout, seed: 4 });
    await other.run(batches);
    expect(numbers(other.state)).not.toEqual(numbers(one.state));
  });

  test('is the same, bit for bit, when it is cut into runs and resumed from its state', async () => {
    await using whole = await open(withDropout);
    const scores = await whole.run(batches);
    let state = initialState(withDropout, withDropout.seed);
    const losses: number[] = [];
    for (const part of [batches.slice(0, 5), batches.slice(5, 6), batches.slice(6)]) {
      await using resumed = await open(withDropout, data, structuredClone(state));
      losses.push(...(await resumed.run(part)).loss);
      ({ state } = resumed);
    }
    expect(losses).toEqual([...scores.loss]);
    expect(state).toEqual(whole.state);
  });

  test('drops in training and not in evaluation', async () => {
    await using evaluator = await Evaluator.open(compileEvaluate(withDropout), options);
    await using plain = await Evaluator.open(compileEvaluate(spec()), options);
    const state = initialState(withDropout, 3);
    expect(await evaluator.run(state, data)).toEqual(await plain.run(state, data));
  });

  test('is evaluated over any number of rows by the same loss', async () => {
    await using evaluator = await Evaluator.open(compileEvaluate(spec()), options);
    await using training = await open(spec({ batchSize: ROWS, optimizer: sgd({ learningRate: 1 }) }));
    const evaluation = await evaluator.run(training.state, data);
    const scores = await training.run([[...Array(ROWS).keys()]]);
    expect(evaluation.outputs.shape).toEqual([ROWS, CLASSES]);
    expect(evaluation.loss).toBeCloseTo(scores.loss[0]!, 4);
    expect([evaluation.weight, evaluation.correct]).toEqual([scores.weight[0], scores.correct[0]]);
  });

  test('refuses batches and data that do not fit, and stays as it was', async () => {
    await using training = await open(spec());
    const before = training.state;
    await expect(training.run([[0], [1, 2, 3, 4, 5]])).rejects.toThrow('batch 1 wants at most 4 rows; got 5');
    await expect(training.run([[ROWS]])).rejects.toThrow('batch 0 wants rows 0 to 10; got 11');
    await expect(training.run([[1.5]])).rejects.toThrow('batch 0 wants rows 0 to 10; got 1.5');
    expect(await training.run([])).toMatchObject({ loss: new Float32Array() });
    expect(() => {
      training.data = { ...data, y: tensorFrom('int64', [2], [0, 1]) };
    }).toThrow("data 'y' wants as many rows as 'x', 11; got 2");
    expect(() => {
      training.data = { x: data.x! };
    }).toThrow("data 'y' is missing; wanted int64[rows]");
    expect(() => {
      training.state = { ...before, 'parameter/b1': tensorFrom('float32', [2], [0, 0]) };
    }).toThrow("'parameter/b1' wants float32[5]; got float32[2]");
    expect(training.state).toBe(before);
  });

  test('refuses to take rows of data that have none', async () => {
    const empty = { x: tensorFrom('float32', [0, 4], []), y: tensorFrom('int64', [0], []) };
    await using training = await open(spec(), empty);
    await expect(training.run([[]])).rejects.toThrow('a batch wants rows of the data, which have none');
    await using evaluator = await Evaluator.open(compileEvaluate(spec()), options);
    expect(await evaluator.run(training.state, empty)).toMatchObject({ loss: 0, weight: 0 });
  });

  const frozen = () => {
    const { parameters, forward } = perceptron();
    return { parameters: parameters.map((one) => ({ ...one, trainable: false })), forward };
  };
  const scaled = (lossScaling: LossScaling): Partial<TrainSpec> => ({ precision: 'float16', lossScaling });

  test.each<[string, () => Partial<TrainSpec>]>([
    ['batch size must be an integer of at least 1; got 1.5', () => ({ batchSize: 1.5 })],
    ['learning rate must be a finite number of 0 or more; got -1', () => ({ optimizer: sgd({ learningRate: -1 }) })],
    [
      'learning rate must be a finite number of 0 or more; got NaN',
      () => ({ optimizer: sgd({ learningRate: Number.NaN }) }),
    ],
    ['clip norm must be greater than 0; got 0', () => ({ clipNorm: 0 })],
    ['loss scaling must begin with a finite number greater than 0; got 0', () => scaled({ initial: 0 })],
    ['loss scaling must grow by 1 or more; got 0.5', () => scaled({ growth: 0.5 })],
    ['loss scaling must back off by more than 0 and less than 1; got 1', () => scaled({ backoff: 1 })],
    ['loss scaling must have an interval of at least 1 step; got 0', () => scaled({ interval: 0 })],
    ['at least one parameter must train; got none of 4', () => ({ network: frozen() })],
    [
      'parameters must have names of their own; got b2',
      () => ({
        network: { ...perceptron(), parameters: [...perceptron().parameters, ...perceptron().parameters.slice(3)] },
      }),
    ],
    ['momentum must be at least 0 and below 1; got 1', () => ({ optimizer: sgd({ learningRate: 1, momentum: 1 }) })],
    ['nesterov must have a momentum greater than 0', () => ({ optimizer: sgd({ learningRate: 1, nesterov: true }) })],
    ['beta2 must be at least 0 and below 1; got 1', () => ({ optimizer: adam({ learningRate: 1, beta2: 1 }) })],
    ['beta1 must be at least 0 and below 1; got -1', () => ({ optimizer: adamw({ learningRate: 1, beta1: -1 }) })],
    [
      'beta2 must be at least 0 and below 1; got NaN',
      () => ({ optimizer: lion({ learningRate: 1, beta2: Number.NaN }) }),
    ],
    ['alpha must be at least 0 and below 1; got 2', () => ({ optimizer: rmsprop({ learningRate: 1, alpha: 2 }) })],
  ])('wants what can be: %s', (message, overrides) => {
    expect(() => compileTrain(spec(overrides()))).toThrow(message);
  });

  test('names what keeps a gradient from a parameter, and where', () => {
    const { parameters, forward } = perceptron();
    const hard = (b: Builder, p: Values, x: Value, mode: Mode) =>
      b.at('top', () => oneHot(b, argMax(b, forward(b, p, x, mode)), CLASSES));
    expect(() => compileTrain(spec({ network: { parameters, forward: hard } }))).toThrow(
      new GradientError(
        "no gradient by parameter 'w1': the derivative of ArgMax at top is zero everywhere; train with an operation that has one, or do not train parameter 'w1'",
      ),
    );
    const unused = [...parameters, { ...parameters[0]!, name: 'unused' }];
    expect(() => compileTrain(spec({ network: { parameters: unused, forward } }))).not.toThrow();
  });

  test('begins with parameters of the network, as large as memory allows', () => {
    expect(() => initialState(spec(), 1, { w3: data.x! })).toThrow(
      "'w3' must be a parameter of the network, one of w1, b1, w2, b2",
    );
    const { parameters, forward } = perceptron();
    const vast = [{ ...parameters[0]!, shape: [2 ** 25, 2 ** 25] }];
    expect(() => initialState({ ...spec(), network: { parameters: vast, forward } }, 1)).toThrow(
      /^out of memory while drawing parameter 'w1', float32\[33554432, 33554432\]: try .*a smaller network; the runtime says: /,
    );
  });

  test('refuses parts that do not fit when it is compiled, with the place', () => {
    const narrow = { ...spec().data, x: { dtype: 'float32', shape: ['rows', 2] } } as const;
    expect(() => compileTrain(spec({ data: narrow }))).toThrow(/Gemm\(.*\): inner dimensions must agree; got 2 and 4/);
    expect(() => compileTrain(spec({ loss: squaredError }))).toThrow(/squared_error wants targets float32\[4, 3\]/);
    expect(() => compileTrain(spec({ target: 'z' }))).toThrow(
      "the objective uses data 'z', which is not among its data",
    );
    expect(() => compileTrain(spec({ batchSize: 0 }))).toThrow('batch size must be an integer of at least 1; got 0');
    const uneven = { ...spec().data, y: { dtype: 'int64', shape: [3] } } as const;
    expect(() => compileTrain(spec({ data: uneven }))).toThrow(
      "data 'y' must have as many rows as 'x', float32[rows, 4]; got int64[3]",
    );
  });
});
