import { describe, expect, test } from '@jest/globals';
import type { Tensors } from '#engine/tensor.ts';
import { rowsOf } from '#learning/fit/rows.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { MOST_PAIRS, observe } from '#learning/metrics/observed.ts';
import { learned, mlp } from '../tables.ts';

/** Of rows whose class is told by x, but for every tenth. */
const CLASSES = `x,label\n${Array.from({ length: 300 }, (_, i) => `${i % 7},${(i % 7 > 3) !== (i % 10 === 0) ? 'yes it is' : 'it is not'}`).join('\n')}\n`;
const VALUES = `x,y\n${Array.from({ length: 2500 }, (_, i) => `${i % 97},${3 * (i % 97) + (i % 5) + 0.5}`).join('\n')}\n`;

async function observedOf(text: string, target: string) {
  const made = await learned(text, { target, hyperparameters: { epochs: 15, learning_rate: 0.01 } });
  const { preparation, fitted, hyperparameters } = made;
  const network = mlp.network(shapeOf(preparation), hyperparameters);
  const objective = objectiveOf(preparation, network);
  const of = (rows: Tensors) =>
    observe(preparation, { learner: { objective, flopsPerRow: 1 }, parameters: fitted!.parameters, data: rows });
  return { ...made, fitted: fitted!, of };
}

describe('what a network answers on the rows by which it is judged', () => {
  test('is counted by true and predicted class, and by confidence, as its accuracy says', async () => {
    const { data, fitted, of } = await observedOf(CLASSES, 'label');
    const validation = data.validation as Tensors;
    const observed = await of(validation);
    if (observed.task !== 'classification') throw new Error('a classification');
    const rows = rowsOf(validation);
    const counts = observed.confusion!;
    expect(counts.flat().reduce((a, b) => a + b)).toBe(rows);
    expect((counts[0]![0]! + counts[1]![1]!) / rows).toBeCloseTo(fitted.validation!.accuracy!, 12);
    const truths = Array.from(validation.y!.data as Int32Array);
    expect(counts.map((row) => row.reduce((a, b) => a + b))).toEqual(
      [0, 1].map((c) => truths.filter((truth) => truth === c).length),
    );
    expect(observed.calibration).toHaveLength(10);
    expect(observed.calibration.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows);
    for (const [i, { rows: count, confidence, accuracy }] of observed.calibration.entries()) {
      if (count === 0) continue;
      expect(confidence).toBeGreaterThanOrEqual(i / 10);
      expect(confidence).toBeLessThanOrEqual((i + 1) / 10);
      expect(accuracy * count).toBeCloseTo(Math.round(accuracy * count), 9);
    }
    const error = observed.calibration.reduce(
      (sum, bin) => sum + bin.rows * Math.abs(bin.confidence - bin.accuracy),
      0,
    );
    expect(observed.calibrationError).toBeCloseTo(error / rows, 9);
  });

  test('are pairs of numbers in the unit of the target, of rows evenly spread over all', async () => {
    const { data, of } = await observedOf(VALUES, 'y');
    const observed = await of(data.training as Tensors);
    if (observed.task !== 'regression') throw new Error('a regression');
    expect(rowsOf(data.training)).toBeGreaterThan(MOST_PAIRS / 2);
    expect(observed.pairs.length).toBeLessThanOrEqual(MOST_PAIRS);
    for (const [actual, predicted] of observed.pairs) {
      expect(actual % 1).toBeCloseTo(0.5, 3);
      expect(Math.abs(predicted - actual)).toBeLessThan(60);
    }
  });
});
