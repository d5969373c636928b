import { describe, expect, test } from '@jest/globals';
import { softmax } from '#engine/ops/norm.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { type Loss, softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import { constantParameters, countParameters, initialParameters } from '#engine/training/network.ts';
import { initialState, parametersOf } from '#engine/training/state.ts';
import { compileEvaluate, compileInference, compileTrain } from '#engine/training/step.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import { optimizerOf } from '#zoo/hyperparameters.ts';
import { mlp } from '#zoo/mlp.ts';
import { families, modelTypes } from '#zoo/registry.ts';

interface Problem {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly outputs: number;
  readonly loss: Loss;
}

/** Trains on all rows in seeded, shuffled batches and evaluates on the same rows. */
async function learn({ x, y, outputs, loss }: Problem, hyperparameters: Record<string, unknown>) {
  const h = mlp.hyperparameters.parse(hyperparameters);
  const [rows, features] = x.shape as [number, number];
  const network = mlp.network({ input: [features], outputs }, h);
  const data = {
    x: { dtype: x.dtype, shape: ['rows', features] },
    y: { dtype: y.dtype, shape: ['rows', ...y.shape.slice(1)] },
  };
  const spec = { data, target: 'y', network, loss, optimizer: optimizerOf(h), batchSize: h.batch_size, seed: h.seed };
  await using training = await Training.open(compileTrain(spec), { x, y }, initialState(spec, h.seed), { threads: 1 });
  const uniform = uniformStream(h.seed, 'shuffle');
  for (let epoch = 0; epoch < h.epochs; epoch++) {
    const order = Array.from({ length: rows }, (_, row) => [uniform(), row] as const)
      .sort(([p], [q]) => p - q)
      .map(([, row]) => row);
    await training.run(
      Array.from({ length: Math.ceil(rows / h.batch_size) }, (_, i) =>
        order.slice(i * h.batch_size, (i + 1) * h.batch_size),
      ),
    );
  }
  await using evaluator = await Evaluator.open(compileEvaluate(spec), { threads: 1 });
  return { network, state: training.state, evaluation: await evaluator.run(training.state, { x, y }) };
}

const xor: Problem = {
  x: tensorFrom('float32', [4, 2], [0, 0, 0, 1, 1, 0, 1, 1]),
  y: tensorFrom('int64', [4], [0, 1, 1, 0]),
  outputs: 2,
  loss: softmaxCrossEntropy,
};

/** Two interleaved half circles with some noise. */
function moons(rows: number): Problem {
  const uniform = uniformStream(5, 'moons');
  const points = Array.from({ length: rows }, (_, i) => {
    const angle = Math.PI * uniform();
    const [dx, dy] = [0.2 * (uniform() - 0.5), 0.2 * (uniform() - 0.5)];
    return i % 2 === 0
      ? [Math.cos(angle) + dx, Math.sin(angle) + dy]
      : [1 - Math.cos(angle) + dx, 0.5 - Math.sin(angle) + dy];
  });
  return {
    ...xor,
    x: tensorFrom('float32', [rows, 2], points.flat()),
    y: tensorFrom(
      'int64',
      [rows],
      points.map((_, i) => i % 2),
    ),
  };
}

describe('the perceptron learns', () => {
  test.each(['adam', 'adamw', 'rmsprop'])('exclusive or, with %s', async (optimizer) => {
    const { evaluation } = await learn(xor, {
      optimizer,
      hidden_layers: [8],
      learning_rate: 0.03,
      epochs: 200,
      batch_size: 4,
      activation: 'tanh',
    });
    expect(evaluation.correct).toBe(4);
    expect(evaluation.loss / 4).toBeLessThan(0.05);
  });

  test.each(['relu', 'leaky_relu', 'gelu', 'silu', 'tanh', 'sigmoid'])(
    'two moons, with %s and momentum',
    async (activation) => {
      const h = {
        activation,
        optimizer: 'sgd',
        momentum: 0.9,
        learning_rate: 0.1,
        hidden_layers: [24, 24],
        epochs: 80,
        batch_size: 48,
      };
      const { evaluation } = await learn(
        moons(200),
        activation === 'sigmoid' ? { ...h, optimizer: 'adam', learning_rate: 0.05 } : h,
      );
      expect(evaluation.correct / 200).toBeGreaterThanOrEqual(0.98);
    },
  );

  test('a line, without hidden layers, to its coefficients', async () => {
    const uniform = uniformStream(6, 'line');
    const x = tensorFrom(
      'float32',
      [64, 2],
      Array.from({ length: 128 }, () => 2 * uniform() - 1),
    );
    const values = toNumbers(x);
    const y = tensorFrom(
      'float32',
      [64, 1],
      Array.from({ length: 64 }, (_, i) => 3 * values[2 * i]! - 2 * values[2 * i + 1]! + 0.5),
    );
    const { state } = await learn(
      { x, y, outputs: 1, loss: squaredError },
      { hidden_layers: [], optimizer: 'sgd', learning_rate: 0.2, epochs: 60, batch_size: 16 },
    );
    const { 'output.weight': weight, 'output.bias': bias } = parametersOf(state);
    for (const [i, value] of [...toNumbers(weight!), ...toNumbers(bias!)].entries())
      expect(value).toBeCloseTo([3, -2, 0.5][i]!, 4);
  });

  test('with dropout too, and the same with the same seed', async () => {
    const h = { dropout: 0.2, hidden_layers: [32], learning_rate: 0.02, epochs: 40, batch_size: 48, seed: 11 };
    const [one, two] = [await learn(moons(200), h), await learn(moons(200), h)];
    expect(one.evaluation.correct / 200).toBeGreaterThan(0.95);
    expect(one.state).toEqual(two.state);
  });
});

describe('the perceptron', () => {
  const h = mlp.hyperparameters.parse({ hidden_layers: [5, 3] });
  const network = mlp.network({ input: [4], outputs: 2 }, h);

  test('has a weight and a bias for each layer, of which weights decay', () => {
    expect(network.parameters.map(({ name, shape, decay }) => [name, shape, decay])).toEqual([
      ['hidden.0.weight', [4, 5], true],
      ['hidden.0.bias', [5], false],
      ['hidden.1.weight', [5, 3], true],
      ['hidden.1.bias', [3], false],
      ['output.weight', [3, 2], true],
      ['output.bias', [2], false],
    ]);
    expect(countParameters(network)).toBe(20 + 5 + 15 + 3 + 6 + 2);
    expect(mlp.flopsPerRow({ input: [4], outputs: 2 }, h)).toBe(2 * (20 + 15 + 6));
  });

  test('starts with weights that depend on seed and name and keep the variance', () => {
    const wide = mlp.network({ input: [100], outputs: 2 }, mlp.hyperparameters.parse({ hidden_layers: [200] }));
    const values = toNumbers(initialParameters(wide, 1)['hidden.0.weight']!);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    // He: 2 / fan in; over 20 000 draws the estimate is within 2 %.
    expect(variance).toBeGreaterThan(0.0196);
    expect(variance).toBeLessThan(0.0204);
    expect(initialParameters(wide, 1)).toEqual(initialParameters(wide, 1));
    expect(initialParameters(wide, 2)['hidden.0.weight']).not.toEqual(initialParameters(wide, 1)['hidden.0.weight']);
    expect(new Set(toNumbers(initialParameters(wide, 1)['hidden.0.bias']!))).toEqual(new Set([0]));
  });

  test('is served as it was evaluated', async () => {
    const { network, state, evaluation } = await learn(xor, { hidden_layers: [4], epochs: 3, batch_size: 2 });
    const bytes = compileInference({
      inputs: { x: { dtype: 'float32', shape: ['rows', 2] } },
      build: (b, { x }) => {
        const logits = network.forward(b, constantParameters(b, parametersOf(state)), x!, { training: false });
        return { logits, probabilities: softmax(b, logits) };
      },
      meta: { producer: 'test' },
    });
    await using session = await openSession(bytes, { threads: 1 });
    const served = await session.run({ x: xor.x });
    expect(session.inputNames).toEqual(['x']);
    expect(served.logits).toEqual(evaluation.outputs);
    const [first, second] = toNumbers(served.probabilities!);
    expect(first! + second!).toBeCloseTo(1, 6);
  });

  test.each([
    [{ hidden_layers: [0] }, 'hidden_layers: width must be an integer between 1 and 4096; got 0'],
    [{ hidden_layers: new Array(9).fill(4) }, 'hidden_layers must be a list of at most 8 widths; got 9'],
    [{ hidden_layers: 64 }, 'hidden_layers must be a list of at most 8 widths; got 64'],
    [{ dropout: 1 }, 'dropout must be at least 0 and below 1; got 1'],
    [{ activation: 'step' }, 'activation must be one of relu, leaky_relu, gelu, silu, tanh, sigmoid; got "step"'],
  ])('refuses %j', (input, message) => {
    expect(mlp.hyperparameters.safeParse(input).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });

  test('is found by its model type', () => {
    expect(modelTypes).toContain('mlp');
    for (const [name, family] of Object.entries(families)) expect(family.name).toBe(name);
  });
});
