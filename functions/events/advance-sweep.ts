/**
 * Brings a sweep on: records what its jobs have come to, and starts the next ones. Whoever sees a trainer end calls it, and
 * the scheduled sweep, in case nobody did.
 *
 *     jobs have ended ── record: scores, ids of the next jobs ── jobs created ── messages sent
 *                     ▲                                       ▲
 *                     └ crash: nothing has changed            └ crash: the next call creates those that are missing
 */
import { ConflictError, NotFoundError, RateLimitError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { jobOf } from '#domain/sweeps/job.ts';
import type { Sweep } from '#domain/sweeps/record.ts';
import { failedFor, stepOf } from '#domain/sweeps/step.ts';
import { findSweep, listRunningSweeps, replaceSweep } from '#domain/sweeps/store.ts';
import { isoTime } from '#domain/times.ts';
import { createJob, type JobCaps } from '#domain/training/change.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';

export type SweepAdapters = Pick<Adapters, 'table' | 'queues' | 'now'>;
type Context = SweepAdapters & {
  readonly logger: Log;
  readonly caps?: JobCaps | undefined;
};

/** Calls at the same time change it at the same time. */
const TRIES = 5;

export async function advanceSweep(context: Context, accountId: string, id: string): Promise<void> {
  const { table, now } = context;
  for (let tries = 0; tries < TRIES; tries++) {
    const read = await findSweep(table, accountId, id);
    if (read?.status !== 'running') return;
    const jobs = await jobsOf(context, read);
    const next = stepOf(read, { jobs, newId: () => newId(now()), now: isoTime(now()) });
    // An earlier version began it without counting it as a use of its dataset.
    const isCounted = read.holds_dataset === true;
    const unchanged = isCounted && (next === read || isSame(next, read));
    const after = unchanged ? read : await replaceOrFail(context, read, next);
    if (!after) continue;
    await createMissing(context, after, jobs);
    return;
  }
}

/** Fails a sweep whose dataset went before the sweep was counted as a use of it. `undefined`: it has changed meanwhile. */
async function replaceOrFail({ table, now }: Context, read: Sweep, next: Sweep): Promise<Sweep | undefined> {
  try {
    return await replaceSweep(table, read, next);
  } catch (error) {
    if (!isOfDataset(error)) throw error;
    return replaceSweep(table, read, failedFor(next, error.message, isoTime(now())));
  }
}

/** The dataset was deleted, or is read in another way. */
const isOfDataset = (error: unknown): error is Error =>
  error instanceof NotFoundError || error instanceof ConflictError;

/** All running sweeps: for the schedule. */
export async function advanceSweeps(context: Context): Promise<void> {
  for (const { account_id, id } of await listRunningSweeps(context.table)) await advanceSweep(context, account_id, id);
}

const isSame = (a: Sweep, b: Sweep): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The jobs that are not known to have ended. */
async function jobsOf({ table }: Context, of: Sweep): Promise<Map<string, Job>> {
  const ids = of.trials.flatMap(({ status, job_id }) => (status === 'running' && job_id !== undefined ? [job_id] : []));
  const jobs = new Map<string, Job>();
  for (const id of [...ids, ...(of.final_job_id === undefined ? [] : [of.final_job_id])]) {
    const found = await findJob(table, of.account_id, id);
    if (found) jobs.set(id, found);
  }
  return jobs;
}

async function createMissing(context: Context, of: Sweep, jobs: ReadonlyMap<string, Job>): Promise<void> {
  const { table, queues, now, logger, caps } = context;
  for (const job of wantedJobs(of, isoTime(now())).filter(({ id }) => !jobs.has(id))) {
    try {
      await createJob(table, job, of.read_at, caps);
      await send(queues.training, { account_id: job.account_id, job_id: job.id });
    } catch (error) {
      // All slots of the account or the installation are in use: the next call tries again.
      if (error instanceof RateLimitError) return;
      if (isOfDataset(error)) {
        await replaceSweep(table, of, failedFor(of, error.message, isoTime(now())));
        return;
      }
      logger.error('a job of a sweep was not started', { sweep_id: of.id, job_id: job.id, error });
      return;
    }
  }
}

/** The jobs that there should be by now. */
function wantedJobs(of: Sweep, now: string): Job[] {
  if (of.status !== 'running') return [];
  if (of.final_job_id !== undefined) {
    const best = of.trials.find(({ number }) => number === of.best_trial)!;
    return [jobOf(of, best, of.final_job_id, now, false)];
  }
  return of.trials.flatMap((trial) =>
    trial.status === 'running' && trial.job_id !== undefined ? [jobOf(of, trial, trial.job_id, now, true)] : [],
  );
}
