/** Batches whose rows follow each other in the data need not be fetched, and are learned from alike. */
import { describe, expect, test } from '@jest/globals';
import { adamw } from '#engine/optim/adam.ts';
import { cosineWithWarmup } from '#engine/optim/schedule.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import { crossEntropy } from '#engine/training/loss.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { random } from '../harness.ts';
import { FEATURES, open, perceptron, spec } from '../perceptron.ts';

const [BATCH, STEPS] = [48, 5];
/** The last batch has fewer rows, and others behind them. */
const ROWS = BATCH * STEPS;
const LAST = BATCH - 7;

const rows: Tensors = {
  x: random(1, [ROWS, FEATURES], -1, 1, 'float32'),
  y: tensorFrom(
    'int64',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => (i * 7) % 3),
  ),
  w: random(2, [ROWS], 0, 3, 'float32'),
};
const types = { ...spec().data, w: { dtype: 'float32', shape: ['rows'] } } as const;
const batchOf = (step: number, size = BATCH) => Array.from({ length: size }, (_, i) => step * BATCH + i);
const batches = [0, 1, 2, 3].map((step) => batchOf(step)).concat([batchOf(4, LAST)]);

test.each<[string, Partial<TrainSpec>]>([
  ['classes', {}],
  ['rows with weights, dropout and a schedule', { data: types, weight: 'w', network: perceptron(0.3) }],
  ['a smoothed loss', { loss: crossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2, 0.5], ignoreIndex: 1 }) }],
  ['weights that decay apart', { optimizer: adamw({ learningRate: 0.01 }), averaging: 0.9, clipNorm: 0.1 }],
])('%s: the same bits as from rows that are fetched', async (_, more) => {
  const of = { batchSize: BATCH, schedule: cosineWithWarmup(2, 5), ...more };
  const data = more.data ? rows : { x: rows.x!, y: rows.y! };
  await using fetched = await open(spec(of), data);
  await using inOrder = await open(spec({ ...of, isInOrder: true }), data);
  const runs = [batches.slice(0, 2), batches.slice(2)];
  for (const run of runs) expect(await inOrder.run(run)).toEqual(await fetched.run(run));
  expect(inOrder.state).toEqual(fetched.state);
});

describe('rows that are not in order are refused:', () => {
  test.each([
    ['in a batch', [[0, 2]], 'batch 0 wants row 1 next; got 2'],
    ['from one batch to the next', [batchOf(0), batchOf(2)], 'batch 1 wants row 48 next; got 96'],
    ['after a short batch', [[0, 1], batchOf(1).with(0, 2)], 'batch 1 wants row 48 next; got 2'],
    [
      'with too few behind them',
      [[ROWS - 2, ROWS - 1]],
      `'data/x' wants rows for whole batches, ${ROWS + 46}; got ${ROWS}`,
    ],
  ])('%s', async (_, run, message) => {
    const data = { x: rows.x!, y: rows.y! };
    await using training = await open(spec({ batchSize: BATCH, isInOrder: true }), data);
    await expect(training.run(run)).rejects.toThrow(message);
  });

  test('in parts', async () => {
    const parts = spec({ batchSize: 4, accumulation: 2, isInOrder: true });
    expect(() => open(parts)).toThrow('accumulation must be 1 where batches are in order; got 2');
  });
});
