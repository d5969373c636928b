import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeClients } from '#aws/clients.ts';
import { AwsCompute } from '#aws/compute/compute.ts';
import { TaskRecords } from '#aws/compute/task-records.ts';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import type { Events } from '#domain/ports/events/port.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeHandler as makeBatchStopped } from '#functions/events/batch-stopped.ts';
import { type Behaviour, type ComputeSubject, computeConformance, type Stopped } from '../conformance/compute.ts';
import { SCRIPTS } from '../embedded/compute/compute-subject.ts';
import { embeddedOptions, temporaryFolder } from '../embedded/folder.ts';
import { silent } from '../functions/events/world.ts';
import { startBatchServer } from './batch-server.ts';
import { CREDENTIALS, REGION } from './ministack.ts';

/** Makes Batch's shortest time limit, a minute, short, and an hour long enough. */
const SECOND_MS = 5;

async function open() {
  const { dir, remove } = await temporaryFolder();
  const { table, close } = await openEmbedded(embeddedOptions(dir));
  const stopped: Stopped[] = [];
  const listeners: (() => void)[] = [];
  const started = new Map<string, ReturnType<typeof Promise.withResolvers<void>>>();
  const startOf = (id: string) => {
    const known = started.get(id) ?? Promise.withResolvers<void>();
    started.set(id, known);
    return known;
  };
  const events: Events = {
    publish: async (...published) => {
      for (const { detail } of published) stopped.push(detail as unknown as Stopped);
      for (const listener of listeners.splice(0)) listener();
    },
  };
  const handler = makeBatchStopped({ table, events, now: Date.now }, { logger: silent });
  const server = await startBatchServer({
    secondMilliseconds: SECOND_MS,
    command: ({ environment }) => ({
      command: process.execPath,
      args: ['-e', SCRIPTS[environment.TRAINYARD_ACCOUNT as Behaviour]],
      env: {},
    }),
    onChange: handler,
    onLine: ({ jobName }) => startOf(jobName).resolve(),
  });
  const clients = makeClients({ region: REGION, endpoint: server.endpoint, credentials: CREDENTIALS });
  const place = { queue: 'queue', definition: 'trainer:1' };
  const compute = () => new AwsCompute({ ...clients, table, now: Date.now, containers: { cpu: place } });
  const subject: ComputeSubject = {
    compute: compute(),
    task: (behaviour, changes = {}): ComputeTask => ({
      id: randomUUID(),
      accountId: behaviour,
      jobId: randomUUID(),
      attempt: 1,
      timeoutSeconds: 3600,
      ...changes,
    }),
    started: ({ id }) => startOf(id).promise,
    stopped: async () => {
      while (stopped.length === 0) await new Promise<void>((resolve) => listeners.push(resolve));
      return stopped.shift()!;
    },
    close: async () => {
      await server.stop();
      clients.destroy();
      await close();
      await remove();
    },
  };
  return { ...subject, server, table, clients, handler, again: compute, ends: stopped };
}

computeConformance('Batch', open);

describe('compute on Batch', () => {
  let subject: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    subject = await open();
  });
  afterEach(() => subject?.close());

  test('a task whose host was reclaimed is run again as the same task; its end is published after the last retry', async () => {
    const task = subject.task('hang');
    await subject.compute.submit(task);
    await subject.started(task);
    const [job] = subject.server.jobs();
    for (const notice of [false, true]) {
      const { starts } = job!;
      subject.server.reclaim(task.id, { notice });
      while (job!.starts === starts) await new Promise(setImmediate);
      expect(await subject.compute.describe(task.id)).toBe('running');
    }
    expect(subject.ends).toEqual([]);
    subject.server.exhaust(task.id);
    subject.server.reclaim(task.id);
    expect(await subject.stopped()).toMatchObject({ task: task.id, exit_code: null, reason: 'host_reclaimed' });
    expect(job).toMatchObject({ status: 'FAILED', starts: 3 });
    expect(await subject.compute.describe(task.id)).toBe('failed');
  });

  test('an interrupted task is run again too, as often as the job definition allows', async () => {
    const task = subject.task('be interrupted');
    await subject.compute.submit(task);
    await subject.stopped();
    expect(subject.server.jobs().map(({ starts }) => starts)).toEqual([10]);
  });

  test('a terminated task is not run again, although it was interrupted', async () => {
    const task = subject.task('hang');
    await subject.compute.submit(task);
    await subject.started(task);
    await subject.compute.terminate(task.id, 'enough');
    expect(await subject.stopped()).toMatchObject({ exit_code: null, reason: 'enough' });
    expect(subject.server.jobs().map(({ starts }) => starts)).toEqual([1]);
  });

  test('a program that failed is not run again', async () => {
    const task = subject.task('fail');
    await subject.compute.submit(task);
    expect(await subject.stopped()).toMatchObject({ exit_code: 3, reason: 'failed' });
    expect(subject.server.jobs().map(({ starts }) => starts)).toEqual([1]);
  });

  test('two concurrent submissions of a task leave one job, and one end is published', async () => {
    const task = subject.task('succeed');
    await Promise.all([subject.compute.submit(task), subject.again().submit(task)]);
    expect(await subject.stopped()).toMatchObject({ task: task.id, exit_code: 0 });
    await subject.server.stop();
    expect(subject.ends).toEqual([]);
  });

  test('a crash between submitting a job and recording it does not submit it twice', async () => {
    const task = subject.task('hang');
    await new TaskRecords(subject.table, Date.now).claim(task);
    const lost = new AwsCompute({
      ...subject.clients,
      // It never records the job's id.
      table: {
        ...subject.table,
        get: (key) => subject.table.get(key),
        put: (item, condition) => subject.table.put(item, condition),
        update: () => Promise.reject(new Error('killed')),
      },
      now: Date.now,
      containers: { cpu: { queue: 'queue', definition: 'trainer:1' } },
    });
    await expect(lost.submit(task)).rejects.toThrow('killed');
    await subject.started(task);
    expect(await subject.compute.describe(task.id)).toBe('running');
    await subject.compute.submit(task);
    expect(subject.server.jobs()).toHaveLength(1);
    await subject.compute.terminate(task.id, 'enough');
    expect(await subject.stopped()).toMatchObject({ exit_code: null, reason: 'enough' });
  });

  test('a state change that is delivered twice, or is of an unknown job, publishes nothing', async () => {
    const task = subject.task('succeed');
    await subject.compute.submit(task);
    await subject.stopped();
    await subject.server.stop();
    const detail = { jobName: task.id, jobId: subject.server.jobs()[0]!.jobId, status: 'SUCCEEDED' };
    const event = { version: '0', id: 'e', 'detail-type': 'Batch Job State Change', source: 'aws.batch' };
    const envelope = { ...event, account: '0', time: '', region: '', resources: [] };
    await subject.handler({ ...envelope, detail });
    await subject.handler({ ...envelope, detail: { ...detail, jobName: 'stranger' } });
    expect(subject.ends).toEqual([]);
  });
});

test('a task for a function is invoked asynchronously, once, with its payload', async () => {
  const { dir, remove } = await temporaryFolder();
  const { table, close } = await openEmbedded(embeddedOptions(dir));
  const invocations: { path: string; type: unknown; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    invocations.push({ path: request.url ?? '', type: request.headers['x-amz-invocation-type'], body });
    response.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const clients = makeClients({ region: REGION, endpoint, credentials: CREDENTIALS });
  let now = 1_800_000_000_000;
  const compute = new AwsCompute({ ...clients, table, now: () => now, containers: {}, trainingFunction: 'train' });
  const task = { id: 't', accountId: 'a', jobId: 'j', attempt: 1, timeoutSeconds: 60, target: 'function' } as const;
  await compute.submit(task);
  await compute.submit(task);
  expect(invocations).toEqual([
    {
      path: '/2015-03-31/functions/train/invocations',
      type: 'Event',
      body: JSON.stringify({ task: 't', account_id: 'a', job_id: 'j', attempt: 1 }),
    },
  ]);
  expect(await compute.describe('t')).toBe('pending');
  // It has not begun: it is lost, and may be submitted again.
  now += 15 * 60_000;
  expect(await compute.describe('t')).toBe('unknown');
  await compute.submit(task);
  expect(invocations).toHaveLength(2);
  const records = new TaskRecords(table, () => now);
  expect(await records.begin('t', 60_000)).toMatchObject({ account_id: 'a' });
  expect(await records.begin('t', 60_000)).toBeUndefined();
  expect(await compute.describe('t')).toBe('running');
  now += 60_000;
  expect(await compute.describe('t')).toBe('failed');
  clients.destroy();
  server.close();
  await close();
  await remove();
});
