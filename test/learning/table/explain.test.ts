import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectTensor } from '#engine/tensor.ts';
import type { Serving } from '#learning/serving/description.ts';
import type { Reference } from '#learning/serving/reference.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { tableExplainer } from '#learning/table/explain.ts';
import { explained as explainedBy, modelOf } from '../serving/shapley.ts';

const features = (count: number): Serving['features'] =>
  Array.from({ length: count }, (_, i) => ({ name: `f${i}`, input: `f${i}`, type: 'number' }));
const serving = (count: number): Serving => ({
  ...{ format: 1, task: 'regression', target: 'y' },
  features: features(count),
  classes: [],
});
const usual = (...typical: number[]): Reference => ({
  format: 1,
  features: typical.map((value, i) => ({ name: `f${i}`, typical: value, missing: 0 })),
});

async function explained(rows: number[][], typical: number[], of: (row: number[]) => number) {
  const about = serving(typical.length);
  const model = modelOf((row, feeds) =>
    of(Object.values(feeds).map((feed) => expectTensor('feature', feed, 'float64').data[row]!)),
  );
  const spec = { explainer: tableExplainer, serving: about, reference: usual(...typical), model };
  return explainedBy(spec, rowTensors(about.features, rows), rows.length);
}

describe('an explanation', () => {
  test('of a sum has each feature’s part, and none for a feature that changes nothing', async () => {
    const found = await explained([[5, 1, 9]], [2, 4, 1], ([a, b]) => 10 * a! - 3 * b! + 1);
    expect(found).toEqual([{ base: 9, contributions: { f0: 30, f1: 9, f2: 0 } }]);
  });

  test('divides equally what two features do together', async () => {
    const [found] = await explained([[2, 3]], [0, 0], ([a, b]) => a! * b!);
    expect(found).toEqual({ base: 0, contributions: { f0: 3, f1: 3 } });
  });

  test('adds up to the prediction, whatever the model is', async () => {
    const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(numbers, fc.infiniteStream(fc.integer({ min: -50, max: 50 })), async (row, others) => {
        const typical = row.map(() => others.next().value);
        const of = (values: number[]) => Math.sin(values.reduce((sum, value, i) => sum * 1.3 + value * (i + 1), 0));
        const [found] = await explained([row], typical, of);
        const sum = Object.values(found!.contributions as Record<string, number>).reduce(
          (total, one) => total + one,
          found!.base,
        );
        expect(sum).toBeCloseTo(of(row), 9);
      }),
      { seed: 2026, numRuns: 50 },
    );
  });

  test('is made of a bounded number of rows, by the features of the model', () => {
    tableExplainer.expect(serving(7), 100);
    tableExplainer.expect(serving(100), 25);
    tableExplainer.expect(serving(2000), 5);
    const refused = () => tableExplainer.expect(serving(100), 26);
    expect(refused).toThrow(
      expect.objectContaining({
        details: [
          {
            field: 'inputs',
            message: 'must have at most 25 rows with explain, for a model of 100 features; got 26',
          },
        ],
      }),
    );
  });
});
