import { addBytes, bytesOf } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import type { DatasetWarning } from '../datasets/warnings.ts';
import { ModelInUseError, UnavailableError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { keys } from '../keys.ts';
import { buildLists } from '../lists/build.ts';
import { addMissing, deleteListed, transactListed } from '../lists/change.ts';
import { markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { isRunningAttempt } from '../training/attempts.ts';
import { endingWrites } from '../training/endings.ts';
import { trainingEvents } from '../training/events.ts';
import type { ComputeUsage, Job, StopReason } from '../training/record.ts';
import { endServing } from '../vault/served.ts';
import { aliasesOf } from './aliases.ts';
import { modelEvents } from './events.ts';
import { modelLists } from './lists.ts';
import { addLookups, deleteLookups } from './lookups.ts';
import { numbered, TRIES } from './numbering.ts';
import { findModel, getModel } from './read.ts';
import type { Model, TrainedModel } from './record.ts';

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
  last: Pick<Job, 'current_epoch' | 'metrics'> & {
    readonly stop_reason?: StopReason;
    readonly warnings?: DatasetWarning[];
  } & ComputeUsage,
  made: TrainedModel,
  now: string,
): Promise<Completed | undefined> {
  // A trainer has the time that a request has not to build the lists of models that an earlier release wrote.
  await buildLists(table, modelLists, of.account_id);
  for (let tries = 0; tries < TRIES; tries++) {
    const { created, numberAfter, writes } = await numbered(table, made);
    const events = [modelEvents.created(created, now), trainingEvents.completed(of, created, now)];
    const set = {
      status: 'completed' as const,
      progress: 100,
      ...last,
      model_id: made.id,
      final_metrics: made.final_metrics,
      ended_at: now,
    };
    try {
      await transactListed(table, modelLists, of.account_id, { after: created }, [
        ...endingWrites(of, set, isRunningAttempt(of), { numberAfter, bytes: bytesOf(made) }),
        ...writes,
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
 * Adds a completed job's model to its lists and lookups if it is missing from them: a trainer of an earlier release, which
 * knew none, may complete its job after this one was deployed.
 */
export async function listModelOf(table: Table, { account_id, model_id }: Job): Promise<void> {
  const made = model_id === undefined ? undefined : await findModel(table, account_id, model_id);
  if (!made) return;
  await buildLists(table, modelLists, account_id);
  await addMissing(table, modelLists, account_id, made);
  await addLookups(table, [made]);
}

/**
 * Deletes the record with what finds it, and marks its files as orphaned; resolves with the event to publish. Throws
 * `NotFoundError`, `ModelInUseError` while something uses it or an alias points to it.
 */
export async function deleteModel(table: Table, accountId: string, id: string, now: number): Promise<DomainEvent> {
  const condition: Condition = { kind: 'all', of: [{ kind: 'present' }, none('in_use'), none('aliases')] };
  for (let tries = 0; tries < TRIES; tries++) {
    const of = await getModel(table, accountId, id);
    const event = modelEvents.deleted(of, isoTime(now));
    const unlisted = of.vault ? await endServing(table, accountId, of.vault, id) : [];
    try {
      await deleteListed(
        table,
        modelLists,
        accountId,
        async () => of,
        () => [
          { kind: 'delete', key: keys.model(accountId, id), condition },
          ...deleteLookups(of),
          markOrphaned('artifacts', blobKeys.modelPrefix(accountId, id), now),
          {
            kind: 'update',
            key: keys.account(accountId),
            change: { add: { models: -1, ...addBytes('model_bytes', -bytesOf(of)) } },
          },
          recordEvent(event),
          ...unlisted,
        ],
      );
      return event;
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      const reasons = await blockers(table, await getModel(table, accountId, id));
      if (reasons.length > 0) throw new ModelInUseError(`Model ${id} cannot be deleted: ${reasons.join('; ')}`);
      // What was in the way is gone.
    }
  }
  throw new UnavailableError(`could not delete model ${id} in ${TRIES} tries`);
}

/** Why the model cannot be deleted; nothing where it can be. */
export async function blockers(table: Table, of: Model): Promise<string[]> {
  const aliases = await aliasesOf(table, of);
  return [
    ...(of.in_use > 0 ? [`active jobs or predictions use it (${of.in_use})`] : []),
    ...(aliases.length > 0 ? [`aliases of ${of.name} point to it: ${aliases.join(', ')}`] : []),
  ];
}

const none = (attribute: string): Condition => ({
  kind: 'any',
  of: [
    { kind: 'missing', attribute },
    { kind: 'compare', attribute, op: '<=', value: 0 },
  ],
});
