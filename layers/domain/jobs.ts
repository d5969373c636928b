/**
 * A training job and its way:
 *
 *     queued ──► running ──► completed | failed
 *        └─────────┴────────► stopped
 *
 * An account's slot and the dataset's mark of use are taken in the transaction that writes the job, and given back in
 * the one that ends it. Only active jobs are in the index.
 */
import { z } from 'zod';
import { ConflictError, NotFoundError, RateLimitError } from './errors.ts';
import { indexes, keys } from './keys.ts';
import { LIMITS } from './limits.ts';
import { ConditionFailedError, TransactionFailedError } from './port-errors.ts';
import { COMPUTE_TARGETS, type Condition, type Json, type Table, type Write } from './ports.ts';
import { TASKS } from './profile.ts';
import { readAll } from './read-all.ts';

export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'stopped'] as const;
export const MONITORS = ['val_loss', 'val_accuracy', 'loss', 'accuracy'] as const;

/** Where a job may be asked to run; one machine has one place only. */
export const COMPUTE_CHOICES = ['auto', ...COMPUTE_TARGETS] as const;

export const earlyStopping = z.object({
  enabled: z.boolean(),
  patience: z.number().int(),
  monitor: z.enum(MONITORS),
});

/** Metric names are those of the specification: `loss`, `accuracy`, `val_loss`, `val_accuracy`, and for regression `rmse`, `mae`, `r2` and their `val_…`. */
export const metrics = z.record(z.string(), z.number());
export type Metrics = z.infer<typeof metrics>;

export const job = z.object({
  id: z.string(),
  account_id: z.string(),
  dataset_id: z.string(),
  dataset_name: z.string(),
  model_name: z.string(),
  model_type: z.string(),
  task: z.enum(TASKS),
  /** Complete: what was not given is there with its default. */
  hyperparameters: z.record(z.string(), z.json()),
  validation_split: z.number(),
  early_stopping: earlyStopping,
  status: z.enum(JOB_STATUSES),
  created_at: z.string(),
  /** Seconds. */
  estimated_time: z.number(),
  /** Where to run it, as requested. `auto`, also where nothing is said: by the estimate. */
  compute: z.enum(COMPUTE_CHOICES).optional(),
  /** How often it was started; the trainer of an earlier attempt can write no more. */
  attempt: z.number().int(),
  /** Attempts that were lost together with their host: they do not count against the job. */
  excused_attempts: z.number().int().optional(),
  total_epochs: z.number().int(),
  current_epoch: z.number().int().default(0),
  /** Percent, 0–100. */
  progress: z.number().default(0),
  metrics: metrics.default({}),
  started_at: z.string().optional(),
  /** When the trainer was last heard of. */
  heartbeat_at: z.string().optional(),
  ended_at: z.string().optional(),
  model_id: z.string().optional(),
  final_metrics: metrics.optional(),
  failure: z.string().optional(),
  /** What ran it, such as `cpu`. */
  device: z.string().optional(),
  /** Seconds of compute over all attempts. */
  compute_seconds: z.number().default(0),
});
export type Job = z.infer<typeof job>;

/** Attempts after which a job that keeps dying has failed. */
export const MAX_ATTEMPTS = 3;

/** Whether a job whose attempt was lost gets another one. */
export const hasAttemptsLeft = ({ attempt, excused_attempts = 0 }: Job): boolean =>
  attempt - excused_attempts < MAX_ATTEMPTS;

/** The name of an attempt's task in Compute. */
export const taskId = (of: { id: string; attempt: number }): string => `${of.id}-${of.attempt}`;

const isActive: Condition = { kind: 'oneOf', attribute: 'status', values: ['queued', 'running'] };

const attemptIs = (status: string, attempt: number): Condition => ({
  kind: 'all',
  of: [
    { kind: 'compare', attribute: 'status', op: '=', value: status },
    { kind: 'compare', attribute: 'attempt', op: '=', value: attempt },
  ],
});

/** Throws `RateLimitError` where all slots are taken, `NotFoundError` where the dataset is gone, `ConflictError` where it is not ready. */
export async function createJob(table: Table, created: Job): Promise<void> {
  const slotFree: Condition = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'active_jobs' },
      { kind: 'compare', attribute: 'active_jobs', op: '<', value: LIMITS.activeJobs },
    ],
  };
  try {
    await table.transact([
      {
        kind: 'put',
        item: { ...keys.job(created.account_id, created.id), ...created, ipk: indexes.active, isk: created.created_at },
        condition: { kind: 'absent' },
      },
      {
        kind: 'update',
        key: keys.account(created.account_id),
        change: { add: { active_jobs: 1 } },
        condition: slotFree,
      },
      {
        kind: 'update',
        key: keys.dataset(created.account_id, created.dataset_id),
        change: { add: { in_use: 1 } },
        condition: { kind: 'compare', attribute: 'status', op: '=', value: 'ready' },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(2)) {
      const isThere = await table.get(keys.dataset(created.account_id, created.dataset_id));
      if (!isThere) throw new NotFoundError(`Dataset ${created.dataset_id} not found`);
      throw new ConflictError(`Dataset ${created.dataset_id} is not ready`);
    }
    throw new RateLimitError(
      60,
      `At most ${LIMITS.activeJobs} training jobs may be queued or running at once; got ${LIMITS.activeJobs + 1}`,
    );
  }
}

export async function findJob(table: Table, accountId: string, id: string): Promise<Job | undefined> {
  const item = await table.get(keys.job(accountId, id));
  return item && job.parse(item);
}

/** Throws `NotFoundError`, also for another account's. */
export async function getJob(table: Table, accountId: string, id: string): Promise<Job> {
  const found = await findJob(table, accountId, id);
  if (!found) throw new NotFoundError(`Training job ${id} not found`);
  return found;
}

/** Queued or running, the oldest first, of all accounts. */
export async function listActive(table: Table): Promise<Job[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.active });
  return items.map((item) => job.parse(item));
}

/**
 * The next attempt is about to be submitted: `attempt` counts up and the job is `queued` (again). Of two that try it at
 * once, one gets `undefined`: so does who finds the job ended.
 */
export async function beginAttempt(table: Table, of: Job, now: string): Promise<Job | undefined> {
  return changed(
    table,
    of,
    { set: { status: 'queued', attempt: of.attempt + 1, heartbeat_at: now } },
    {
      kind: 'all',
      of: [isActive, { kind: 'compare', attribute: 'attempt', op: '=', value: of.attempt }],
    },
  );
}

/** The attempt was lost with its host. `undefined`: the job ended, or another attempt has begun. */
export async function excuseAttempt(table: Table, of: Job): Promise<Job | undefined> {
  return changed(
    table,
    of,
    { set: { excused_attempts: (of.excused_attempts ?? 0) + 1 } },
    { kind: 'all', of: [isActive, { kind: 'compare', attribute: 'attempt', op: '=', value: of.attempt }] },
  );
}

/** The trainer of this attempt has begun. `undefined`: it is not to. */
export async function startJob(table: Table, of: Job, device: string, now: string): Promise<Job | undefined> {
  const set = { status: 'running', device, started_at: of.started_at ?? now, heartbeat_at: now };
  return changed(table, of, { set }, attemptIs('queued', of.attempt));
}

/** The trainer's word between chunks. `undefined`: the job was stopped or given to another attempt; end at once. */
export async function reportProgress(
  table: Table,
  of: Job,
  progress: { current_epoch: number; progress: number; metrics: Metrics },
  now: string,
): Promise<Job | undefined> {
  return changed(table, of, { set: { ...progress, heartbeat_at: now } }, attemptIs('running', of.attempt));
}

async function changed(
  table: Table,
  of: Job,
  change: { set: { [name: string]: Json } },
  condition: Condition,
): Promise<Job | undefined> {
  try {
    return job.parse(await table.update(keys.job(of.account_id, of.id), change, condition));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}

/**
 * Writes that end a job: its last state, the slot and the dataset's mark given back. The first is the job's.
 * `takeModelNumberAfter`: the account's last model number as it was read; the next one is taken.
 */
export function endingWrites(
  of: Job,
  set: { [name: string]: Json },
  condition: Condition,
  takeModelNumberAfter?: number,
): Write[] {
  const account = keys.account(of.account_id);
  const onAccount: Write =
    takeModelNumberAfter === undefined
      ? { kind: 'update', key: account, change: { add: { active_jobs: -1 } }, condition: { kind: 'present' } }
      : {
          kind: 'update',
          key: account,
          change: { add: { active_jobs: -1, models: 1, last_model_number: 1 } },
          condition: { kind: 'compare', attribute: 'last_model_number', op: '=', value: takeModelNumberAfter },
        };
  return [
    { kind: 'update', key: keys.job(of.account_id, of.id), change: { set, remove: ['ipk', 'isk'] }, condition },
    onAccount,
    {
      kind: 'update',
      key: keys.dataset(of.account_id, of.dataset_id),
      change: { add: { in_use: -1 } },
      condition: { kind: 'present' },
    },
  ];
}

/** Ends an active job as `failed`. False if it had ended, or another attempt has begun. */
export async function failJob(table: Table, of: Job, failure: string, now: string): Promise<boolean> {
  const condition: Condition = {
    kind: 'all',
    of: [isActive, { kind: 'compare', attribute: 'attempt', op: '=', value: of.attempt }],
  };
  return ended(table, endingWrites(of, { status: 'failed', failure, ended_at: now, ...spent(of, now) }, condition));
}

/** Ends an active job as `stopped`, whatever its attempt. False if it had ended. */
export async function stopJob(table: Table, of: Job, now: string): Promise<boolean> {
  return ended(table, endingWrites(of, { status: 'stopped', ended_at: now, ...spent(of, now) }, isActive));
}

/** Running and this attempt's: the condition on which a trainer's result counts. */
export const runningAttempt = (of: Job): Condition => attemptIs('running', of.attempt);

/** Seconds of compute until now, for the record. */
export const spent = (of: Job, now: string): { compute_seconds: number } => ({
  compute_seconds: of.started_at === undefined ? 0 : Math.max(0, (Date.parse(now) - Date.parse(of.started_at)) / 1000),
});

async function ended(table: Table, writes: Write[]): Promise<boolean> {
  try {
    await table.transact(writes);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailedError && error.failed.includes(0)) return false;
    throw error;
  }
}
