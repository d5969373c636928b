import { expect, test } from '@jest/globals';
import type { Tensors } from '#engine/tensor.ts';
import { rowsOf } from '#learning/fit/rows.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { MOST_PAIRS, pairsOf } from '#learning/metrics/pairs.ts';
import { learned, mlp } from '../tables.ts';

const VALUES = `x,y\n${Array.from({ length: 2500 }, (_, i) => `${i % 97},${3 * (i % 97) + (i % 5) + 0.5}`).join('\n')}\n`;

test('pairs of actual and predicted numbers are in the unit of the target, of rows evenly spread over all', async () => {
  const hyperparameters = { epochs: 15, learning_rate: 0.01 };
  const { preparation, fitted, data, ...made } = await learned(VALUES, { target: 'y', hyperparameters });
  const objective = objectiveOf(preparation, mlp.network(shapeOf(preparation), made.hyperparameters));
  const rows = data.training as Tensors;
  const pairs = await pairsOf(preparation, {
    learner: { objective, flopsPerRow: 1 },
    parameters: fitted!.parameters,
    data: rows,
  });
  expect(rowsOf(rows)).toBeGreaterThan(MOST_PAIRS / 2);
  expect(pairs.length).toBeLessThanOrEqual(MOST_PAIRS);
  for (const [actual, predicted] of pairs) {
    expect(actual % 1).toBeCloseTo(0.5, 3);
    expect(Math.abs(predicted - actual)).toBeLessThan(60);
  }
});
