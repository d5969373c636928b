/** A metric that the validation rows do not define cannot say which epoch is the best. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findModel } from '#domain/models/read.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { runJob } from '#training/run-job.ts';
import { openTrainerWorld, PENGUINS, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

/** The only one of its species is learned from, so that it is not among the rows for validation. */
const [first, ...others] = PENGUINS.split('\n').filter((line) => line.startsWith('Chinstrap'));
const content = PENGUINS.split('\n')
  .filter((line) => !others.includes(line))
  .join('\n');
const early_stopping: Job['early_stopping'] = { enabled: true, patience: 50, monitor: 'val_roc_auc' };

async function ended(more: Partial<Job>) {
  const job = await world.queue('j', { content, more: { early_stopping, ...more } });
  const outcome = await runJob(
    world.adapters,
    { accountId: job.account_id, jobId: job.id, attempt: job.attempt },
    { log: () => {} },
  );
  return { outcome, job: (await findJob(world.adapters.table, world.accountId, 'j'))! };
}

test('the best epoch is then the one with the least loss', async () => {
  expect(first).toBeDefined();
  const { job } = await ended({});
  const model = (await findModel(world.adapters.table, world.accountId, job.model_id!))!;
  expect(Number(model.training_config.best_epoch)).toBeGreaterThan(1);
});

test('a trial of a search by it fails, and has no score by which it could be the best', async () => {
  const { job } = await ended({ sweep_id: 's', trial: 1 });
  expect(job).toMatchObject({
    status: 'failed',
    failure: expect.stringMatching(/^val_roc_auc is undefined on the rows/),
  });
});
