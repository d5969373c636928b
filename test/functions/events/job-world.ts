/** An embedded store with a job queued on a processed dataset, and what happens to the job. */
import type { EventBridgeEvent } from 'aws-lambda';
import { publishEvent } from '#domain/events/outbox.ts';
import { parseSettings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { startJob, taskId } from '#domain/training/attempts.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { readDataset } from './reader.ts';
import { batchOf } from './sqs.ts';
import { openWorld, silent } from './world.ts';

export const MINUTE = 60_000;
export const settings = parseSettings({});

export async function openJobWorld() {
  const world = await openWorld();
  const { adapters, accountId, clock, compute } = world;
  await world.upload('d', 'a,y\n1,x\n2,z\n3,x\n');
  await readDataset(permitted('process-dataset', adapters), [accountId, 'd']);
  await world.queueJob('j', 'd');
  await world.events();

  const message = () => ({ account_id: accountId, job_id: 'j' });
  const dispatch = () =>
    makeDispatch(permitted('dispatch-training', adapters), { logger: silent, settings })(batchOf([message()]));
  const sweep = () => makeSweep(permitted('sweep', adapters), { logger: silent, settings })();
  const job = async (): Promise<Job> => (await findJob(adapters.table, accountId, 'j'))!;
  const start = async (run = 1): Promise<Job | undefined> => {
    const started = await startJob(adapters.table, await job(), { run, device: 'cpu' }, isoTime(clock.now));
    if (started?.event) await publishEvent(adapters, started.event, () => {});
    await world.events();
    return started?.job;
  };

  function settle(
    stopped: { attempt?: number; exit_code?: number | null; reason?: string; failure?: string } = {},
  ): Promise<void> {
    const attempt = stopped.attempt ?? 1;
    const detail = { job_id: 'j', exit_code: null, reason: 'killed by SIGKILL', ...stopped, attempt };
    const event: EventBridgeEvent<string, unknown> = {
      version: '0',
      id: 'event',
      'detail-type': 'compute.stopped',
      source: 'trainyard',
      account: accountId,
      time: isoTime(clock.now),
      region: 'local',
      resources: [],
      detail: { ...detail, task: `j-${attempt}` },
    };
    return makeSettle(permitted('settle-training', adapters), { logger: silent })(event);
  }

  /** Loses attempts until `attempt` is the one that runs. */
  async function reachAttempt(attempt: number): Promise<void> {
    for (let i = 1; i <= attempt; i++) {
      await dispatch();
      await start();
      if (i < attempt) {
        compute.states.set(taskId(await job()), 'failed');
        await settle({ attempt: i });
      }
    }
    await world.sent('training');
  }

  return { ...world, message, dispatch, sweep, job, start, settle, reachAttempt };
}

export type JobWorld = Awaited<ReturnType<typeof openJobWorld>>;
