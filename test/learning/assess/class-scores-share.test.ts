/** An assessment whose scores another thread has found is the same. */
import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import { assess } from '#learning/assess/assess.ts';
import { learnerOf } from '#learning/fit/fit.ts';
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
  await using thread = new RowThread();
  const asked = jest.spyOn(thread, 'ask');
  expect(await assess({ ...of, thread })).toEqual(alone);
  expect(asked).toHaveBeenCalledTimes(1);
});
