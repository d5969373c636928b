import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventBridgeEvent } from 'aws-lambda';
import { TaskRecords } from '#aws/compute/task-records.ts';
import { CAPACITY, TOO_FEW_PROCESSORS, TOO_SMALL_MACHINES } from '#aws/compute/unplaced.ts';
import { NO_MACHINE } from '#domain/messages.ts';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
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
  await claim('j-1');
});
afterEach(() => world.close());

const claim = (id: string, more: Partial<ComputeTask> = {}) =>
  records.claim({ id, accountId: world.accountId, jobId: 'j', attempt: 1, timeoutSeconds: 60, ...more });

/** An event of Batch about the task's job. */
function change(status: string, statusReason?: string, container: object = {}, jobName = 'j-1'): Promise<void> {
  const event: EventBridgeEvent<string, unknown> = {
    version: '0',
    id: 'event',
    'detail-type': 'Batch Job State Change',
    source: 'aws.batch',
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { jobName, jobId: 'batch-1', status, ...(statusReason && { statusReason }), container },
  };
  return makeHandler(permitted('batch-stopped', world.adapters), { logger: silent })(event);
}

const published = async () => (await world.events()).map(({ detail: { exit_code, reason } }) => [exit_code, reason]);

test.each<[string, string, object, number | null, string]>([
  ['SUCCEEDED', EXITED, { exitCode: 0 }, 0, 'completed'],
  ['FAILED', EXITED, { exitCode: 3 }, 3, 'failed'],
  ['FAILED', EXITED, { exitCode: 137 }, null, 'killed by signal 9'],
  ['FAILED', EXITED, { exitCode: 137, reason: 'OutOfMemoryError: …' }, null, 'out of memory: OutOfMemoryError: …'],
  ['FAILED', HOST, {}, null, 'host_reclaimed'],
  // It had been interrupted before its host was lost.
  ['FAILED', HOST, { exitCode: 75 }, null, 'host_reclaimed'],
  ['FAILED', EXITED, { exitCode: 75 }, null, 'interrupted'],
  ['FAILED', 'Job attempt duration exceeded timeout', { exitCode: 75 }, null, 'timed_out'],
  ['FAILED', '', { reason: 'CannotPullContainerError: …' }, null, 'CannotPullContainerError: …'],
])('%s because "%s" with %j', async (status, statusReason, container, exitCode, reason) => {
  await change(status, statusReason, container);
  expect(await published()).toEqual([[exitCode, reason]]);
  expect(await records.find('j-1')).toMatchObject({ batch_id: 'batch-1', exit_code: exitCode });
});

test('nothing is published while Batch retries, and the end once', async () => {
  for (let tries = 1; tries <= 3; tries++) {
    for (const status of ['STARTING', 'RUNNING']) await change(status);
    await change('RUNNABLE', HOST);
  }
  expect(await published()).toEqual([]);
  for (let times = 1; times <= 2; times++) await change('FAILED', HOST);
  expect(await published()).toEqual([[null, 'host_reclaimed']]);
});

const CANCELED = 'Canceled by JobStateTimeLimit action due to reason: ';

describe('a job that Batch could not start', () => {
  test.each([
    ['cpu', CAPACITY, /^No machine became available .* "Running On-Demand Standard .* choose compute "function"$/],
    ['gpu', CAPACITY, /^No machine with a GPU .* "Running On-Demand G and VT instances" .* choose compute "cpu"$/],
    ['gpu', TOO_FEW_PROCESSORS, /must set maxVcpus\.gpu to at least 4; until then choose compute "cpu"$/],
    ['cpu', TOO_SMALL_MACHINES, /^No machine of the installation is as large as a training needs: /],
    [
      'gpu',
      'MISCONFIGURATION:SOMETHING_NEW',
      /^AWS Batch could not start the job for the reason MISCONFIGURATION:SOMETHING_NEW: /,
    ],
  ] as const)('on %s for %s ends with what its owner can do', async (target, reason, sentence) => {
    await claim('j-2', { target });
    await change('FAILED', `${CANCELED}${reason}`, {}, 'j-2');
    expect(await world.events()).toMatchObject([
      { detail: { task: 'j-2', exit_code: null, reason: NO_MACHINE, failure: expect.stringMatching(sentence) } },
    ]);
    expect(await records.find('j-2')).toMatchObject({ exit_code: null });
  });

  test('again, after its first host was reclaimed, does not have that container’s exit code', async () => {
    await change('FAILED', `${CANCELED}${CAPACITY}`, { exitCode: 75 });
    expect(await published()).toEqual([[null, NO_MACHINE]]);
  });

  test('and that the sweep terminated fails with the same message', async () => {
    await claim('j-2', { target: 'gpu' });
    await records.stop('j-2', NO_MACHINE);
    await change('FAILED', NO_MACHINE, {}, 'j-2');
    const failure = expect.stringMatching(/^No machine with a GPU /);
    expect(await world.events()).toMatchObject([{ detail: { reason: NO_MACHINE, failure } }]);
  });

  test('until the sweep terminated it, and that completed all the same, has completed', async () => {
    await records.stop('j-1', NO_MACHINE);
    await change('SUCCEEDED', EXITED, { exitCode: 0 });
    expect(await published()).toEqual([[0, 'completed']]);
  });

  test('because it was cancelled in Batch has no such message', async () => {
    await change('FAILED', 'not needed any more');
    const [event] = await world.events();
    expect(event!.detail).toMatchObject({ exit_code: null, reason: 'not needed any more' });
    expect(event!.detail).not.toHaveProperty('failure');
  });
});

test('a task that was requested to stop has that reason', async () => {
  await records.stop('j-1', 'stopped by its owner');
  await change('FAILED', 'Terminated', { exitCode: 75 });
  expect(await published()).toEqual([[null, 'stopped by its owner']]);
});
