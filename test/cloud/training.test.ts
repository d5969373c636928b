/** A job in the deployment: dispatched, run by Batch, settled. */
import { buffer, json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeClients } from '#aws/clients.ts';
import { AwsCompute } from '#aws/compute/compute.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { parseSettings } from '#domain/settings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { makeHandler as makeBatchStopped } from '#functions/events/batch-stopped.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { batchOf } from '../functions/events/sqs.ts';
import { silent } from '../functions/events/world.ts';
import { type BatchServer, startBatchServer } from './batch-server.ts';
import { CREDENTIALS, REGION } from './ministack.ts';
import { ACCOUNT, type Cloud, openCloud } from './world.ts';

const settings = parseSettings({});
const MAIN = fileURLToPath(new URL('../../containers/trainer/main.ts', import.meta.url));

/** Between two polls of another process. */
const aMoment = () => delay(20);

/** Of a trainer's log. */
interface Line {
  readonly message: string;
  readonly job_id?: string;
  readonly attempt?: number;
  readonly run?: number;
  readonly steps?: number;
}

describe('a training in the cloud', () => {
  let cloud: Cloud;
  let batch: BatchServer;
  let adapters: Adapters;
  const lines: Line[] = [];
  beforeAll(async () => {
    cloud = await openCloud();
    const stopped = makeBatchStopped(cloud.adapters, { logger: silent });
    batch = await startBatchServer({
      command: () => ({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', MAIN],
        env: { ...cloud.environment, TRAINYARD_CHECKPOINT_SECONDS: '0.1' },
      }),
      onChange: stopped,
      onLine: (_, line) => lines.push(JSON.parse(line) as Line),
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
    const answer = await makeDispatch(adapters, { logger: silent, settings })(
      batchOf([{ account_id: ACCOUNT, job_id: id }]),
    );
    expect(answer.batchItemFailures).toEqual([]);
  };
  const settle = async () => makeSettle(adapters, { logger: silent })(await cloud.nextEvent('compute.stopped'));
  const startsOf = (name: string): number[] =>
    batch
      .jobs()
      .filter(({ jobName }) => jobName === name)
      .map(({ starts }) => starts);
  const untilResumed = async (id: string, run: number): Promise<void> => {
    const isIt = (line: Line): boolean => line.message === 'resumed' && line.job_id === id && line.run === run;
    while (!lines.some(isIt)) await aMoment();
  };
  const untilRunning = async (id: string): Promise<void> => {
    while ((await find(id)).status !== 'running') await aMoment();
  };

  /** Everything that a job has produced, without its own name. */
  async function resultOf(id: string) {
    const { artifacts } = adapters.blobs;
    const { final_metrics, model_id, metrics, current_epoch } = await find(id);
    const model = await artifacts.get(blobKeys.modelFile(ACCOUNT, model_id!, 'model.onnx'));
    const history = await artifacts.get(blobKeys.jobHistory(ACCOUNT, id));
    return {
      ...{ final_metrics, metrics, current_epoch, history: await json(history.body) },
      model: (await buffer(model.body)).toString('latin1').replaceAll(id, '-'),
    };
  }
  /** Its checkpoint has been replaced. */
  const untilKept = async (id: string, before?: string): Promise<string> => {
    for (;;) {
      const etag = (await adapters.blobs.artifacts.head(blobKeys.checkpoint(ACCOUNT, id)))?.etag;
      if (etag !== undefined && etag !== before) return etag;
      await aMoment();
    }
  };
  /** The step at which each of its trainers began. */
  const beginnings = (id: string): number[] => {
    const own = lines.filter(({ job_id }) => job_id === id);
    const trainers = Map.groupBy(own, ({ attempt, run }) => `${attempt}.${run}`);
    return [...trainers.values()].map((of) => of.find(({ message }) => message === 'resumed')?.steps ?? 0);
  };
  const LONG = { epochs: 500, learning_rate: 0.003, dropout: 0.1, batch_size: 64 };

  test('runs as a Batch job whose hosts are reclaimed, and resumes: the same bits as without interruption', async () => {
    await cloud.queueJob('undisturbed', LONG);
    await dispatch('undisturbed');
    await settle();
    expect(await find('undisturbed')).toMatchObject({ status: 'completed', attempt: 1, run: 1, device: 'cpu' });

    await cloud.queueJob('interrupted', LONG);
    await dispatch('interrupted');
    const first = await untilKept('interrupted');
    batch.reclaim('interrupted-1');
    await untilResumed('interrupted', 2);
    await untilKept('interrupted', first);
    batch.reclaim('interrupted-1', { notice: true });
    await untilResumed('interrupted', 3);
    // After the last retry of Batch, the message that settling sends goes to dispatching.
    batch.exhaust('interrupted-1');
    batch.reclaim('interrupted-1', { notice: true });
    await settle();
    const [message] = await adapters.queues.training.receive();
    expect(JSON.parse(message!.body)).toEqual({ account_id: ACCOUNT, job_id: 'interrupted' });
    await adapters.queues.training.acknowledge(message!.receipt);
    await dispatch('interrupted');
    await settle();
    const job = await find('interrupted');
    expect(job).toMatchObject({ status: 'completed', attempt: 2, run: 1, excused_attempts: 1 });
    expect(startsOf('interrupted-1')).toEqual([3]);
    const [start, ...resumed] = beginnings('interrupted');
    expect(start).toBe(0);
    // Each of the others resumed where the one before had stopped.
    expect(resumed).toHaveLength(3);
    expect(resumed[0]).toBeGreaterThan(0);
    expect(resumed).toEqual(resumed.toSorted((a, b) => a - b));
    expect(await resultOf('interrupted')).toEqual(await resultOf('undisturbed'));
    const { blobs } = await adapters.blobs.artifacts.list('checkpoints/');
    expect(blobs).toEqual([]);
    // Five trainers, one after the other, on a machine that may be busy.
  }, 300_000);

  test('that crashes is not run again', async () => {
    const job = await cloud.queueJob('crashing', { epochs: 5 });
    await adapters.blobs.datasets.delete(blobKeys.datasetFile(ACCOUNT, job.dataset_id));
    await dispatch('crashing');
    await settle();
    expect(await find('crashing')).toMatchObject({ status: 'failed', attempt: 1 });
    expect((await find('crashing')).failure).toContain('exit code 1');
    expect(startsOf('crashing-1')).toEqual([1]);
    expect(await adapters.queues.training.receive()).toEqual([]);
  });

  test('that is stopped ends its Batch job', async () => {
    await cloud.queueJob('stopped', { epochs: 10_000, learning_rate: 1e-6 });
    await dispatch('stopped');
    await untilRunning('stopped');
    await adapters.compute.terminate('stopped-1', 'stopped by its user');
    const { detail } = await cloud.nextEvent('compute.stopped');
    expect(detail).toMatchObject({ task: 'stopped-1', exit_code: null, reason: 'stopped by its user' });
  });
});
