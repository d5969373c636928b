/** A job on its way through the deployment's parts: dispatched, run by Batch, settled. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeClients } from '#aws/clients.ts';
import { AwsCompute } from '#aws/compute.ts';
import { findJob, type Job } from '#domain/jobs.ts';
import { blobKeys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports.ts';
import { makeHandler as makeBatchStopped } from '#functions/events/batch-stopped.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { parseSettings } from '#functions/settings.ts';
import { batchOf } from '../functions/events/sqs.ts';
import { silent } from '../functions/events/world.ts';
import { type BatchServer, startBatchServer } from './batch-server.ts';
import { CREDENTIALS, REGION } from './ministack.ts';
import { ACCOUNT, type Cloud, openCloud } from './world.ts';

const settings = parseSettings({});
const MAIN = fileURLToPath(new URL('../../containers/trainer/main.ts', import.meta.url));

describe('a training in the cloud', () => {
  let cloud: Cloud;
  let batch: BatchServer;
  let adapters: Adapters;
  let began: ReturnType<typeof Promise.withResolvers<string>>;
  beforeAll(async () => {
    cloud = await openCloud();
    const stopped = makeBatchStopped(cloud.adapters, { logger: silent });
    batch = await startBatchServer({
      command: () => ({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', MAIN],
        env: { ...cloud.environment },
      }),
      onChange: stopped,
      onLine: ({ jobName }) => began.resolve(jobName),
    });
    const { batch: client, lambda } = makeClients({
      region: REGION,
      endpoint: batch.endpoint,
      credentials: CREDENTIALS,
    });
    const { table, now } = cloud.adapters;
    const containers = { cpu: { queue: 'queue', definition: 'trainer' } };
    adapters = { ...cloud.adapters, compute: new AwsCompute({ batch: client, lambda, table, now, containers }) };
  }, 60_000);
  afterAll(async () => {
    await batch?.stop();
    await cloud?.close();
  });

  const find = async (id: string): Promise<Job> => (await findJob(adapters.table, ACCOUNT, id))!;
  const dispatch = async (id: string): Promise<void> => {
    began = Promise.withResolvers<string>();
    const answer = await makeDispatch(adapters, { logger: silent, settings })(
      batchOf([{ account_id: ACCOUNT, job_id: id }]),
    );
    expect(answer.batchItemFailures).toEqual([]);
  };
  const settle = async () => makeSettle(adapters, { logger: silent })(await cloud.nextEvent('compute.stopped'));
  const untilRunning = async (id: string): Promise<void> => {
    while ((await find(id)).status !== 'running') await new Promise(setImmediate);
  };

  test('runs as a job of Batch, whose host is reclaimed, and completes with the next attempt', async () => {
    await cloud.queueJob('reclaimed', { epochs: 200, learning_rate: 0.01 });
    await dispatch('reclaimed');
    await untilRunning('reclaimed');
    batch.reclaim('reclaimed-1');
    await settle();
    // What settling sends is what dispatching gets.
    const [message] = await adapters.queues.training.receive();
    expect(JSON.parse(message!.body)).toEqual({ account_id: ACCOUNT, job_id: 'reclaimed' });
    await adapters.queues.training.acknowledge(message!.receipt);
    await dispatch('reclaimed');
    await settle();
    const job = await find('reclaimed');
    expect(job).toMatchObject({ status: 'completed', attempt: 2, excused_attempts: 1 });
    const model = blobKeys.modelFile(ACCOUNT, job.model_id!, 'model.onnx');
    expect((await adapters.blobs.artifacts.head(model))!.size).toBeGreaterThan(1000);
  });

  test('that crashes is not run again', async () => {
    const job = await cloud.queueJob('crashing', { epochs: 5 });
    await adapters.blobs.datasets.delete(blobKeys.datasetFile(ACCOUNT, job.dataset_id));
    await dispatch('crashing');
    await settle();
    expect(await find('crashing')).toMatchObject({ status: 'failed', attempt: 1 });
    expect((await find('crashing')).failure).toContain('exit code 1');
    expect(
      batch
        .jobs()
        .filter(({ jobName }) => jobName === 'crashing-1')
        .map(({ starts }) => starts),
    ).toEqual([1]);
    expect(await adapters.queues.training.receive()).toEqual([]);
  });

  test('that is stopped ends its job of Batch', async () => {
    await cloud.queueJob('stopped', { epochs: 10_000, learning_rate: 1e-6 });
    await dispatch('stopped');
    await untilRunning('stopped');
    await adapters.compute.terminate('stopped-1', 'stopped by its user');
    const { detail } = await cloud.nextEvent('compute.stopped');
    expect(detail).toMatchObject({ task: 'stopped-1', exit_code: null, reason: 'stopped by its user' });
  });
});
