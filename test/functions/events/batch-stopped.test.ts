import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EventBridgeEvent } from 'aws-lambda';
import { TaskRecords } from '#aws/task-records.ts';
import { makeHandler } from '#functions/events/batch-stopped.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { openWorld, silent, type World } from './world.ts';

const HOST = 'Host EC2 (instance i-0123456789abcdef0) terminated.';
const EXITED = 'Essential container in task exited';

let world: World;
let records: TaskRecords;
beforeEach(async () => {
  world = await openWorld();
  records = new TaskRecords(world.adapters.table, world.adapters.now);
  await records.claim({ id: 'j-1', accountId: world.accountId, jobId: 'j', attempt: 1, timeoutSeconds: 60 });
});
afterEach(() => world.close());

/** Batch says so of the task's job. */
function change(status: string, statusReason?: string, container: object = {}): Promise<void> {
  const event: EventBridgeEvent<string, unknown> = {
    version: '0',
    id: 'event',
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { jobName: 'j-1', jobId: 'batch-1', status, ...(statusReason && { statusReason }), container },
  };
  return makeHandler(permitted('batch-stopped', world.adapters), { logger: silent })(event);
}

const told = async () => (await world.events()).map(({ detail: { exit_code, reason } }) => [exit_code, reason]);

test.each<[string, string, object, number | null, string]>([
  ['SUCCEEDED', EXITED, { exitCode: 0 }, 0, 'completed'],
  ['FAILED', EXITED, { exitCode: 3 }, 3, 'failed'],
  ['FAILED', EXITED, { exitCode: 137 }, null, 'killed by signal 9'],
  ['FAILED', EXITED, { exitCode: 137, reason: 'OutOfMemoryError: …' }, null, 'out of memory: OutOfMemoryError: …'],
  ['FAILED', HOST, {}, null, 'host_reclaimed'],
  // It had made room before its host went away.
  ['FAILED', HOST, { exitCode: 75 }, null, 'host_reclaimed'],
  ['FAILED', EXITED, { exitCode: 75 }, null, 'interrupted'],
  ['FAILED', 'Job attempt duration exceeded timeout', { exitCode: 75 }, null, 'timed_out'],
  ['FAILED', '', { reason: 'CannotPullContainerError: …' }, null, 'CannotPullContainerError: …'],
])('%s because "%s" with %j', async (status, statusReason, container, exitCode, reason) => {
  await change(status, statusReason, container);
  expect(await told()).toEqual([[exitCode, reason]]);
  expect(await records.find('j-1')).toMatchObject({ batch_id: 'batch-1', exit_code: exitCode });
});

test('nothing is told while Batch tries again, and the end once', async () => {
  for (let tries = 1; tries <= 3; tries++) {
    for (const status of ['STARTING', 'RUNNING']) await change(status);
    await change('RUNNABLE', HOST);
  }
  expect(await told()).toEqual([]);
  for (let times = 1; times <= 2; times++) await change('FAILED', HOST);
  expect(await told()).toEqual([[null, 'host_reclaimed']]);
});

test('a task that was to stop has stopped for that reason', async () => {
  await records.stop('j-1', 'stopped by its owner');
  await change('FAILED', 'Terminated', { exitCode: 75 });
  expect(await told()).toEqual([[null, 'stopped by its owner']]);
});
