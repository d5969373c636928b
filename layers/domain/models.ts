import { z } from 'zod';
import { getAccount } from './accounts.ts';
import { isRunningAttempt } from './attempts.ts';
import type { DomainEvent } from './domain-events.ts';
import { ConflictError, NotFoundError, UnavailableError } from './errors.ts';
import { noteGarbage, ownGarbage } from './garbage.ts';
import { endingWrites } from './job-endings.ts';
import type { Job, Spent } from './jobs.ts';
import { blobKeys, keys, prefixes } from './keys.ts';
import { LIMITS } from './limits.ts';
import { keepEvent } from './outbox.ts';
import { TransactionFailedError } from './port-errors.ts';
import type { Condition, Table } from './ports.ts';
import { TASKS } from './profile.ts';
import { readAll } from './read-all.ts';
import { trainingEvents } from './training-events.ts';
import { FIRST_VERSION, nextVersion } from './versions.ts';

/** One value of a prediction's input. */
export const featureSpec = z.object({
  name: z.string(),
  type: z.enum(['number', 'category', 'boolean', 'timestamp']),
});

export const artifact = z.object({
  /** File name below the model's prefix, such as `model.onnx`. */
  file: z.string(),
  size: z.number().int(),
  sha256: z.string(),
});

export const model = z.object({
  id: z.string(),
  account_id: z.string(),
  /** Counted per account from 1. */
  number: z.number().int(),
  name: z.string(),
  version: z.string(),
  model_type: z.string(),
  task: z.enum(TASKS),
  job_id: z.string(),
  dataset_id: z.string(),
  architecture: z.object({
    input_shape: z.array(z.number().int()),
    /** 1 for regression. */
    output_classes: z.number().int(),
    parameters: z.number().int(),
  }),
  target: z.string(),
  /** Of the epoch kept, on the validation rows (on the training rows where there are none). */
  performance: z.record(z.string(), z.number()),
  final_metrics: z.record(z.string(), z.number()),
  training_config: z.record(z.string(), z.json()),
  hyperparameters: z.record(z.string(), z.json()),
  artifacts: z.array(artifact),
  created_at: z.string(),
});
export type Model = z.infer<typeof model>;

const lineage = z.object({
  version: z.string(),
  model_type: z.string(),
  hyperparameters: z.record(z.string(), z.json()),
});

/** How often completing a job tries again when another job of the account completes at the same moment. */
const TRIES = 20;

/** A job's model, and what is to be told now. */
export interface Completed {
  readonly model: Model;
  readonly event: DomainEvent;
}

/**
 * Ends a running job as `completed` and makes its model, in one transaction: number and version are given here. `last`
 * is how far it came: reports are rarer than epochs, and the last of them may be of any epoch. Resolves with `undefined`
 * if the job was stopped or given to another attempt in the meantime.
 */
export async function completeJob(
  table: Table,
  of: Job,
  last: Pick<Job, 'current_epoch' | 'metrics'> & Spent,
  made: Omit<Model, 'number' | 'version'>,
  now: string,
): Promise<Completed | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const account = await getAccount(table, of.account_id);
    const lineageKey = keys.lineage(of.account_id, made.name);
    const item = await table.get(lineageKey);
    const before = item && lineage.parse(item);
    const number = account.last_model_number + 1;
    const version = before ? nextVersion(before.version, before, made) : FIRST_VERSION;
    const created: Model = { ...made, number, version };
    const event = trainingEvents.completed(of, created, now);
    const unchanged: Condition = before
      ? { kind: 'compare', attribute: 'version', op: '=', value: before.version }
      : { kind: 'absent' };
    const set = {
      status: 'completed',
      progress: 100,
      ...last,
      model_id: made.id,
      final_metrics: made.final_metrics,
      ended_at: now,
    };
    try {
      await table.transact([
        ...endingWrites(of, set, isRunningAttempt(of), account.last_model_number),
        { kind: 'put', item: { ...keys.model(of.account_id, made.id), ...created }, condition: { kind: 'absent' } },
        {
          kind: 'put',
          item: { ...lineageKey, version, model_type: made.model_type, hyperparameters: made.hyperparameters },
          condition: unchanged,
        },
        ownGarbage('artifacts', blobKeys.modelPrefix(of.account_id, made.id)),
        keepEvent(event),
      ]);
      return { model: created, event };
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      if (error.failed.includes(0)) return undefined;
      // Another job of this account took the number or the version: read again.
    }
  }
  throw new UnavailableError(`could not number a model of account ${of.account_id} in ${TRIES} tries`);
}

/**
 * Throws `ConflictError` where the account has all the models that it may have, those counted that its active jobs may
 * come to. A job that has begun is never refused its model: of jobs started at the same moment some may be one too many.
 */
export async function expectRoomForModel(table: Table, accountId: string): Promise<void> {
  const { models, active_jobs } = await getAccount(table, accountId);
  if (models + active_jobs < LIMITS.models) return;
  throw new ConflictError(
    `An account may have at most ${LIMITS.models} models; got ${models} and ${active_jobs} in training: delete one first`,
  );
}

export async function findModel(table: Table, accountId: string, id: string): Promise<Model | undefined> {
  const item = await table.get(keys.model(accountId, id));
  return item && model.parse(item);
}

/** Throws `NotFoundError`, also for another account's. */
export async function getModel(table: Table, accountId: string, id: string): Promise<Model> {
  const found = await findModel(table, accountId, id);
  if (!found) throw new NotFoundError(`Model ${id} not found`);
  return found;
}

export async function listModels(table: Table, accountId: string): Promise<Model[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.models });
  return items.map((item) => model.parse(item));
}

/** Deletes the record and notes its files as garbage due now. Throws `NotFoundError`. */
export async function deleteModel(table: Table, accountId: string, id: string, now: number): Promise<void> {
  try {
    await table.transact([
      { kind: 'delete', key: keys.model(accountId, id), condition: { kind: 'present' } },
      noteGarbage('artifacts', blobKeys.modelPrefix(accountId, id), now),
      { kind: 'update', key: keys.account(accountId), change: { add: { models: -1 } } },
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new NotFoundError(`Model ${id} not found`);
    throw error;
  }
}
