import { getAccount } from '../accounts/read.ts';
import { NotFoundError, UnavailableError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { blobKeys, keys } from '../keys.ts';
import { buildLists } from '../lists/build.ts';
import { addMissing, deleteListed, transactListed } from '../lists/change.ts';
import { clearOrphanMark, markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { isRunningAttempt } from '../training/attempts.ts';
import { endingWrites } from '../training/endings.ts';
import { trainingEvents } from '../training/events.ts';
import type { ComputeUsage, Job, StopReason } from '../training/record.ts';
import { modelEvents } from './events.ts';
import { modelLists } from './lists.ts';
import { findModel, getModel } from './read.ts';
import { lineage, type Model } from './record.ts';
import { FIRST_VERSION, nextVersion } from './versions.ts';

/** How often completing a job is tried while other jobs of the account complete at the same moment. */
const TRIES = 20;

/** A job's model, and the events to publish. */
export interface Completed {
  readonly model: Model;
  readonly events: readonly DomainEvent[];
}

/**
 * Ends a running job as `completed` and creates its model, in one transaction that also assigns number and version.
 * `last` is the job's final state: not every epoch is reported, so the stored progress may be older. Resolves with
 * `undefined` if the job was stopped or another attempt has begun in the meantime.
 */
export async function completeJob(
  table: Table,
  of: Job,
  last: Pick<Job, 'current_epoch' | 'metrics'> & { readonly stop_reason?: StopReason } & ComputeUsage,
  made: Omit<Model, 'number' | 'version'>,
  now: string,
): Promise<Completed | undefined> {
  // A trainer has the time that a request has not to build the lists of models that an earlier release wrote.
  await buildLists(table, modelLists, of.account_id);
  for (let tries = 0; tries < TRIES; tries++) {
    const account = await getAccount(table, of.account_id);
    const lineageKey = keys.lineage(of.account_id, made.name);
    const item = await table.get(lineageKey);
    const before = item && lineage.parse(item);
    const number = account.last_model_number + 1;
    const version = before ? nextVersion(before.version, before, made) : FIRST_VERSION;
    const created: Model = { ...made, number, version };
    const events = [modelEvents.created(created, now), trainingEvents.completed(of, created, now)];
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
      await transactListed(table, modelLists, of.account_id, { after: created }, [
        ...endingWrites(of, set, isRunningAttempt(of), account.last_model_number),
        { kind: 'put', item: { ...keys.model(of.account_id, made.id), ...created }, condition: { kind: 'absent' } },
        {
          kind: 'put',
          item: { ...lineageKey, version, model_type: made.model_type, hyperparameters: made.hyperparameters },
          condition: unchanged,
        },
        clearOrphanMark('artifacts', blobKeys.modelPrefix(of.account_id, made.id)),
        ...events.map(recordEvent),
      ]);
      return { model: created, events };
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      if (error.failed.includes(0)) return undefined;
      // Another job of this account took the number or the version: read again.
    }
  }
  throw new UnavailableError(`could not number a model of account ${of.account_id} in ${TRIES} tries`);
}

/**
 * Adds a completed job's model to its lists if it is missing from them: a trainer of an earlier release, which knew no
 * lists, may complete its job after this one was deployed.
 */
export async function listModelOf(table: Table, { account_id, model_id }: Job): Promise<void> {
  const made = model_id === undefined ? undefined : await findModel(table, account_id, model_id);
  if (!made) return;
  await buildLists(table, modelLists, account_id);
  await addMissing(table, modelLists, account_id, made);
}

/**
 * Deletes the record and marks its files as orphaned. Resolves with the event to publish. Throws `NotFoundError`.
 */
export async function deleteModel(table: Table, accountId: string, id: string, now: number): Promise<DomainEvent> {
  const event = modelEvents.deleted(await getModel(table, accountId, id), isoTime(now));
  try {
    await deleteListed(table, modelLists, accountId, () => getModel(table, accountId, id), [
      { kind: 'delete', key: keys.model(accountId, id), condition: { kind: 'present' } },
      markOrphaned('artifacts', blobKeys.modelPrefix(accountId, id), now),
      { kind: 'update', key: keys.account(accountId), change: { add: { models: -1 } } },
      recordEvent(event),
    ]);
    return event;
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new NotFoundError(`Model ${id} not found`);
    throw error;
  }
}
