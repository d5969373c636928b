/**
 * Trains in a function: a job of a few minutes need not wait for a container. Lambda kills a function at its time limit
 * without a notification, so this one saves a checkpoint and publishes its end before that; the next attempt runs in a
 * container and resumes from the checkpoint.
 *
 *     begin ─────────────────────── abort ── publish at the latest ── time limit
 *      │ training …                   │ 20 s              5 s
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { type TaskRecord, TaskRecords } from '#aws/compute/task-records.ts';
import type { ComputeStopped } from '#domain/messages.ts';
import type { Settings } from '#domain/settings.ts';
import type { Log } from '#functions/http/contract.ts';
import { timeLeft } from '#functions/time-left.ts';
import type { Outcome, TrainerAdapters } from '#training/run-job.ts';
import { runJob } from '#training/run-job.ts';

const invocation = z.object({
  task: z.string(),
  account_id: z.string(),
  job_id: z.string(),
  attempt: z.number().int().min(1),
});

/** Milliseconds before the function's time limit at which the training is interrupted … */
const ABORT_MS = 20_000;
/** … and at which its end is published, even if it has not ended yet. */
const REPORT_MS = 5_000;

type Ending = Pick<ComputeStopped, 'exit_code' | 'reason'>;

const TIME_LIMIT: Ending = { exit_code: null, reason: 'the time limit of the training function' };

const LEVELS = { INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

export interface RunTrainingOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'trainerSecondPrice'>;
}

/** Lambda may deliver the same invocation twice; the task begins only once. */
export function makeHandler(adapters: TrainerAdapters, { logger, settings }: RunTrainingOptions) {
  const records = new TaskRecords(adapters.table, adapters.now);
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const { task, account_id, job_id, attempt } = invocation.parse(event);
    const remaining = context.getRemainingTimeInMillis();
    const record = await records.begin(task, remaining);
    if (!record) return logger.info('not begun: it has begun or ended already, or is to stop', { task });
    const timer = new AbortController();
    const deadline = delay(Math.max(0, remaining - REPORT_MS), TIME_LIMIT, { signal: timer.signal });
    const ending = await Promise.race([
      train(
        adapters,
        { accountId: account_id, jobId: job_id, attempt },
        {
          milliseconds: remaining - ABORT_MS,
          dollarsPerSecond: settings.trainerSecondPrice,
          logger,
        },
      ),
      deadline,
    ]);
    timer.abort();
    deadline.catch(() => undefined);
    await reportEnd(adapters, records, record, ending);
  };
}

async function train(
  adapters: TrainerAdapters,
  of: { accountId: string; jobId: string; attempt: number },
  { milliseconds, dollarsPerSecond, logger }: { milliseconds: number; dollarsPerSecond: number; logger: Log },
): Promise<Ending> {
  const timeout = timeLeft(milliseconds);
  try {
    const outcome: Outcome = await runJob(adapters, of, {
      signal: timeout,
      dollarsPerSecond,
      log: (level, message, more) => logger[LEVELS[level]](message, { job_id: of.jobId, attempt: of.attempt, ...more }),
    });
    logger.info(outcome, { job_id: of.jobId, attempt: of.attempt });
    return outcome === 'interrupted' ? TIME_LIMIT : { exit_code: 0, reason: 'completed' };
  } catch (error) {
    logger.error('crashed', { job_id: of.jobId, attempt: of.attempt, error });
    return { exit_code: 1, reason: 'failed' };
  }
}

async function reportEnd(adapters: TrainerAdapters, records: TaskRecords, record: TaskRecord, ending: Ending) {
  const { id, job_id, attempt, account_id } = record;
  const stopped: ComputeStopped = { task: id, job_id, attempt, ...ending };
  await adapters.events.publish({ type: 'compute.stopped', account: account_id, detail: { ...stopped } });
  await records.end(id, ending.exit_code);
}
