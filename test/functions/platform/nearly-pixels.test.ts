import { expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { findFamily, planTraining } from '#functions/platform/training/plan.ts';
import { PROFILE } from './records.ts';

const [NUMBER, CATEGORY, TARGET] = PROFILE.columns;

/** Why a model type for images does not take a table of so many numbers and these categories. */
function refusal(numbers: number, categories: readonly string[]): string {
  const columns = [
    ...Array.from({ length: numbers }, (_, i) => ({ ...NUMBER!, name: `p${i}` })),
    ...categories.map((name) => ({ ...CATEGORY!, name })),
    TARGET!,
  ];
  const profile = { ...PROFILE, columns, features: columns.slice(0, -1).map(({ name }) => name) };
  const early_stopping = { enabled: false, patience: 10, min_delta: 0, monitor: 'loss' } as const;
  try {
    planTraining(
      findFamily('small-cnn'),
      { model_type: 'small-cnn', hyperparameters: {}, validation_split: 0.2, early_stopping },
      profile,
    );
  } catch (error) {
    if (error instanceof ValidationError) return error.details[0]!.message;
    throw error;
  }
  return 'it is taken';
}

test.each([
  [16, ['id'], 'where this one has 17; it is one with the role ignore for "id" (PATCH /datasets/{dataset_id})'],
  [48, ['id', 'kind'], 'has 50; it is one with the role ignore for "id", "kind" (PATCH /datasets/{dataset_id})'],
  [17, [], 'has 17; it is one with the role ignore for 1 of its 17 numbers (PATCH /datasets/{dataset_id})'],
  [51, [], 'has 51; it is one with the role ignore for 2 of its 51 numbers (PATCH /datasets/{dataset_id})'],
  [17, ['id'], 'where this one has 18'],
  [20, [], 'where this one has 20'],
  [16, [], 'it is taken'],
])('a table that is nearly one of pixels is told what is too much: %i numbers and %j', (numbers, categories, end) => {
  expect(refusal(numbers, categories).slice(-end.length)).toBe(end);
});
