import { describe, expect, test } from '@jest/globals';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { seriesExplainer } from '#learning/series/explain.ts';
import { seriesTensors } from '#learning/series/tensors.ts';
import type { Serving } from '#learning/serving/description.ts';
import type { Reference } from '#learning/serving/reference.ts';
import { explained, modelOf } from '../serving/shapley.ts';

const serving = (steps: number, features = 1): Serving => ({
  ...{ format: 1, kind: 'series', task: 'regression', target: 'y', classes: [], input: { steps, horizon: 0 } },
  features: [
    ...Array.from({ length: features }, (_, i) => ({ name: `x${i}`, type: 'number' as const, input: `x${i}` })),
    { name: 'word', type: 'category', input: 'word' },
  ],
});
const usual: Reference = {
  format: 1,
  features: [
    { name: 'x0', typical: 1, missing: 0 },
    { name: 'word', typical: 'u', missing: 0 },
  ],
};

/** The numbers weighed by their step from 1, and 100 for a word `v` at the last step. */
const model = (steps: number) =>
  modelOf((row, { x0, word }: Tensors) => {
    const numbers = expectTensor('x0', x0, 'float64').data.subarray(row * steps, (row + 1) * steps);
    const sum = numbers.reduce((total, value, step) => total + (step + 1) * value, 0);
    return sum + (expectTensor('word', word, 'string').data[(row + 1) * steps - 1] === 'v' ? 100 : 0);
  });

describe('the explanation of a window', () => {
  test('has what each feature contributes at each step, beside its typical value', async () => {
    const about = serving(3);
    const window = [
      [1, 'v'],
      [3, 'v'],
      [2, 'v'],
    ] as const;
    const of = { explainer: seriesExplainer, serving: about, reference: usual, model: model(3) };
    // The second of two rows is explained as the first is.
    const [first, second] = await explained(of, seriesTensors(about, [[...window], [...window]]), 2);
    expect(first).toEqual({
      base: 6,
      steps: [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      contributions: [
        { x0: 0, word: 0 },
        { x0: 4, word: 0 },
        { x0: 3, word: 100 },
      ],
    });
    expect(second).toEqual(first);
  });

  test('has steps together where the window is long, and adds up to the answer', async () => {
    const about = serving(1000);
    const rows = Array.from({ length: 1000 }, (_, i) => [i % 7, 'u']);
    const of = { explainer: seriesExplainer, serving: about, reference: usual, model: model(1000) };
    const [found] = await explained(of, seriesTensors(about, [rows]), 1);
    expect([found!.steps!.length, found!.steps!.at(0), found!.steps!.at(-1)]).toEqual([200, [0, 4], [995, 999]]);
    const sums = (found!.contributions as Record<string, number>[]).map(({ x0 }) => x0!);
    const expected = rows.reduce((sum, [value], i) => sum + (i + 1) * Number(value), 0);
    expect(sums.reduce((total, one) => total + one, found!.base)).toBeCloseTo(expected, 6);
  });

  test('is refused where it would take too long, with the window', () => {
    seriesExplainer.expect(serving(10), 100);
    expect(() => seriesExplainer.expect(serving(10_000, 20), 1)).toThrow(
      expect.objectContaining({
        details: [
          {
            field: 'explain',
            message: 'must be false for a model of 21 features and a window of 10000 rows; got true',
          },
        ],
      }),
    );
  });
});
