/** An assessment whose scores another thread has found is the same, and so is what it answers. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { assess } from '#learning/assess/assess.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { keptOutputs } from '#learning/fit/kept-outputs.ts';
import { answersOf } from '#learning/metrics/answers.ts';
import { RowThread } from '#learning/row-thread.ts';
import { learned, mlp } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

test.each([
  ['species', 0.2],
  ['species', 0],
  ['sex', 0.3],
])('of %s, with %s of the rows kept back', async (target, validationSplit) => {
  const { fitted, preparation, data, hyperparameters } = await learned(PENGUINS, {
    ...{ target, validationSplit },
    hyperparameters: { epochs: 2 },
  });
  const { parameters } = fitted!;
  const learner = learnerOf({ family: mlp, hyperparameters, preparation });
  const of = { learner, parameters, preparation, data, calibrate: true, threshold: 'f1' } as const;
  const alone = await assess(of);
  const judged = data.validation ?? data.training;
  const pieces = keptOutputs(parameters, judged)!;
  const { calibration = {} } = alone.classification!;
  const { length: classes } = preparation.classes;
  const answers = () => pieces.map(({ values, width }) => answersOf(values, width, classes, calibration));
  const before = answers();
  await using thread = new RowThread();
  expect(await assess({ ...of, thread })).toEqual(alone);
  const after = answers();
  expect(after).toMatchObject(before);
  // Those that the thread has sent, and not those that were known before.
  for (const [i, one] of after.entries()) expect(one.answers).not.toBe(before[i]!.answers);
});
