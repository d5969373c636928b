import { expect, test } from '@jest/globals';
import { greaterIsBetter, TASK_MONITORS } from '#domain/training/record.ts';
import { Confusion } from '#learning/metrics/classification.ts';
import { LabelScores } from '#learning/metrics/multilabel.ts';
import { Probabilities } from '#learning/metrics/probability-judge.ts';
import { Errors } from '#learning/metrics/regression.ts';

const LESS_IS_BETTER = /loss|error|brier|mae|mape|rmse|rmspe/;

const confusion = new Confusion(2);
const probabilities = new Probabilities(2, 4);
const errors = new Errors();
for (const row of [0, 1, 2, 3]) {
  confusion.add(row % 2, row % 2);
  probabilities.add(row % 2, [row, 1], 0);
  errors.add(row, row + 1);
}
const labels = new LabelScores(2);
labels.add(
  () => true,
  (label) => label > 0,
);

test.each([
  ['classification', { ...confusion.scores(), ...probabilities.scores() }],
  ['regression', errors.scores()],
  ['multilabel', labels.scores()],
] as const)('early stopping may watch every score of a %s', (task, scores) => {
  const monitors = Object.keys(scores).map((name) => `val_${name}`);
  expect(monitors.filter((name) => !(TASK_MONITORS[task] as readonly string[]).includes(name))).toEqual([]);
  expect(monitors.filter(greaterIsBetter)).toEqual(monitors.filter((name) => !LESS_IS_BETTER.test(name)));
});
