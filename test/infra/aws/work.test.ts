/** The cost page's assumptions about typical workloads, compared with those workloads run here. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TaskRecords } from '#aws/compute/task-records.ts';
import { datasetLists } from '#domain/datasets/lists.ts';
import { ensureLists } from '#domain/lists/build.ts';
import type { ListSpec } from '#domain/lists/list.ts';
import { modelLists } from '#domain/models/lists.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import { taskId } from '#domain/training/attempts.ts';
import { jobLists } from '#domain/training/lists.ts';
import { getJob } from '#domain/training/read.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeRun } from '#functions/training/run.ts';
import { REQUEST, TRAINING } from '#infra/aws/cost/profile.ts';
import { readDataset } from '../../functions/events/reader.ts';
import { batchOf } from '../../functions/events/sqs.ts';
import { silent } from '../../functions/events/world.ts';
import { csvFile, uploadOf } from '../../functions/platform/forms.ts';
import { openPlatform, type Platform } from '../../functions/platform/harness.ts';
import { type Metered, metered, nothing } from './meter.ts';

const PENGUINS = readFileSync('infra/embedded/demo/penguins.csv', 'utf8');

let platform: Platform;
let adapters: Adapters;
let meter: Metered;
let token: string;
let accountId: string;
beforeAll(async () => {
  meter = nothing();
  platform = await openPlatform({}, (given) => {
    adapters = metered(given, meter);
    return adapters;
  });
  token = await platform.login();
  accountId = (await platform.call({ path: '/auth/me', token })).body.id;
  await buildAll(datasetLists, [undefined]);
  await buildAll(jobLists, [undefined]);
  await buildAll(modelLists, [undefined, 'model_type=mlp']);
});
afterAll(() => platform.close());

/** An account's lists are built once: they are no part of a typical training. */
async function buildAll<R>(spec: ListSpec<R>, parts: readonly (string | undefined)[]): Promise<void> {
  const lists = Object.keys(spec.sorts).flatMap((sort) => parts.map((part) => ({ sort, part })));
  await ensureLists(adapters.table, spec, accountId, lists);
}

/** What some work adds to the meter. */
async function counted(work: () => Promise<unknown>): Promise<Metered> {
  const before = { ...meter };
  await work();
  const added = nothing();
  for (const name of Object.keys(added) as (keyof Metered)[]) added[name] = meter[name] - before[name];
  return added;
}

const options = { logger: silent };

async function upload(): Promise<string> {
  const form = [csvFile(PENGUINS), { name: 'name', value: 'penguins' }, { name: 'target', value: 'species' }];
  const { id } = (await platform.call(uploadOf(token, form))).body;
  await readDataset(adapters, [accountId, id]);
  return id;
}

/** From the request to the model, in a function; its clock stands still, so that it sends no periodic reports. */
async function train(dataset_id: string): Promise<string> {
  const json = { dataset_id, model_type: 'mlp', hyperparameters: { epochs: 50 } };
  const id: string = (await platform.call({ method: 'POST', path: '/training/start', token, json })).body.job_id;
  const records = new TaskRecords(adapters.table, adapters.now);
  const submit = async (task: ComputeTask): Promise<void> => {
    await records.claim({ ...task, target: 'function' });
    await records.invoked(task.id);
  };
  const dispatching = { ...adapters, compute: { ...adapters.compute, submit } };
  const dispatch = makeDispatch(dispatching, { ...options, settings: platform.settings });
  await dispatch(batchOf([{ account_id: accountId, job_id: id }]));
  const invocation = { task: taskId({ id, attempt: 1 }), account_id: accountId, job_id: id, attempt: 1 };
  await makeRun(adapters, { ...options, settings: platform.settings })(invocation, {
    getRemainingTimeInMillis: () => 900_000,
  });
  expect((await getJob(platform.store.table, accountId, id)).status).toBe('completed');
  return id;
}

test('a request and a training use what the cost page says', async () => {
  let job = '';
  const training = await counted(async () => {
    job = await train(await upload());
  });
  platform.logged.length = 0;
  let answer = '';
  const request = await counted(async () => {
    answer = (await platform.call({ path: `/training/status/${job}`, token })).text;
  });
  expect([request.tableReads, request.tableWrites]).toEqual([REQUEST.tableReads, REQUEST.tableWrites]);
  expect(answer.length).toBeLessThan(REQUEST.answerBytes);
  expect(platform.logged.join('').length).toBeLessThan(REQUEST.logBytes / 2);
  for (const name of ['tableReads', 'tableWrites', 'objectReads', 'objectWrites', 'messages', 'events'] as const) {
    // No less than was counted here, and not much more.
    expect([name, TRAINING[name] >= training[name], TRAINING[name] <= training[name] * 1.25 + 3]).toEqual([
      name,
      true,
      true,
    ]);
  }
  expect(TRAINING.storedGb * 1e9).toBeGreaterThan(training.storedBytes);
});
