import { expect, test } from '@jest/globals';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { cosineWithWarmup } from '#engine/optim/schedule.ts';
import { type Initializer, xavierUniform, zeros } from '#engine/random.ts';
import { type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { crossEntropy, type Loss } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { initialState } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import { type Sentence, SYMBOLS, sentences } from './reber.ts';

const [STEPS, UNITS, WIDTH, CLASSES] = [24, 24, 8, SYMBOLS.length];
const [TRAINING, TEST, BATCH, EPOCHS] = [1920, 500, 32, 8];
const NOTHING = -1;
const options = { threads: 1 } as const;

/** An embedding, one LSTM over the symbols so far, and the logits of the next one. */
const network: Network = {
  parameters: (
    [
      ['embedding', [CLASSES, WIDTH], xavierUniform],
      ['input', [WIDTH, 4 * UNITS], xavierUniform],
      ['hidden', [UNITS, 4 * UNITS], xavierUniform],
      ['bias', [4 * UNITS], forgetNothing],
      ['out', [UNITS, CLASSES], xavierUniform],
      ['offset', [CLASSES], zeros],
    ] as const
  ).map(([name, shape, initializer]) => ({ name, shape, initializer, decay: false })),
  forward: (b, p, x) => {
    const rows = x.type.shape[0]!;
    const steps = ops.transpose(b, ops.gather(b, p.embedding!, x), [1, 0, 2]);
    const { sequence } = ops.lstm(b, steps, [{ weights: { input: p.input!, hidden: p.hidden!, inputBias: p.bias! } }]);
    return ops.reshape(b, ops.transpose(b, ops.linear(b, sequence, p.out!, p.offset), [1, 0, 2]), [
      Number(rows) * STEPS,
      CLASSES,
    ]);
  },
};

/** Forget gates that are open at first: Jozefowicz et al. 2015. */
function forgetNothing(...[shape]: Parameters<Initializer>): Float32Array {
  return Float32Array.from({ length: shape[0]! }, (_, i) => (Math.floor(i / UNITS) === 2 ? 1 : 0));
}

/** Cross entropy of each next symbol that there is; the mean is over symbols, not over sentences. */
const nextSymbol: Loss = {
  name: 'next_symbol',
  perRow: (b, logits, target) => {
    const symbols = crossEntropy({ ignoreIndex: NOTHING }).perRow(b, logits, ops.reshape(b, target, [-1]));
    return ops.reduceSum(b, ops.reshape(b, symbols, target.type.shape), { axes: [1] });
  },
  rowWeight: (b, _, target) =>
    ops.reduceSum(b, ops.cast(b, ops.greaterOrEqual(b, target, 0), 'float32'), { axes: [1] }),
};

/** Symbols and what follows each, cut or filled up to STEPS; what is cut off changes nothing of what is before it. */
function tensors(list: readonly Sentence[]): Tensors {
  const rows = (filler: number, from: number) =>
    tensorFrom(
      'int64',
      [list.length, STEPS],
      list.flatMap(({ symbols }) => Array.from({ length: STEPS }, (_, i) => symbols[i + from] ?? filler)),
    );
  return { x: rows(0, 0), y: rows(NOTHING, 1) };
}

function objective(rows: number): Objective {
  const data = { dtype: 'int64', shape: [rows, STEPS] } as const;
  return { data: { x: data, y: data }, target: 'y', network, loss: nextSymbol };
}

test('an LSTM predicts a grammar within 0.01 nats a symbol of what can be known, and remembers across it', async () => {
  const batches = Array.from({ length: TRAINING / BATCH }, (_, i) =>
    Array.from({ length: BATCH }, (_, k) => i * BATCH + k),
  );
  const spec = {
    ...objective(TRAINING),
    optimizer: adam({ learningRate: 0.02 }),
    schedule: cosineWithWarmup(20, EPOCHS * batches.length),
    clipNorm: 1,
    batchSize: BATCH,
    seed: 2,
  };
  await using training = await Training.open(
    compileTrain(spec),
    tensors(sentences(TRAINING, 1)),
    initialState(spec, spec.seed),
    options,
  );
  for (let epoch = 0; epoch < EPOCHS; epoch++) await training.run(batches);

  const unseen = sentences(TEST, 2);
  await using evaluator = await Evaluator.open(compileEvaluate(objective(TEST)), options);
  const { loss, weight, outputs } = await evaluator.run(training.state, tensors(unseen));
  const known = unseen.map(({ choices }) => choices.slice(1, STEPS + 1));
  const entropy = known.flat().reduce((sum, choices) => sum + Math.log(choices), 0) / known.flat().length;
  expect(weight).toBe(known.flat().length);
  expect(loss / weight - entropy).toBeGreaterThan(0);
  expect(loss / weight - entropy).toBeLessThan(0.01);

  const logits = toNumbers(outputs);
  const echoes = unseen.flatMap(({ symbols, echo }, row) =>
    echo <= STEPS ? [{ row, echo, symbol: symbols[echo]! }] : [],
  );
  const right = echoes.filter(({ row, echo, symbol }) => {
    const at = (row * STEPS + echo - 1) * CLASSES;
    const next = logits.slice(at, at + CLASSES);
    return next.indexOf(Math.max(...next)) === symbol;
  });
  expect(right.length / echoes.length).toBeGreaterThan(0.99);
});
