/**
 * Saving and changing models; `remove-model.ts` deletes them. A revision's file is written before its record, under a mark of orphaned files;
 * the record, the counts of the manager and the entry of the audit trail are one transaction:
 *
 *     save       mark ── put file ── transact: record, counts, entry, mark cleared
 *     replace    likewise, and: the record before becomes an earlier revision, whose file is marked for its last day
 *     delete     transact: record deleted, counts, entry, mark ── delete file ── clear mark
 */

import type { Room } from '../accounts/usage/room.ts';
import { blobKeys } from '../blob-keys.ts';
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { clearOrphanMark, markOfCounted, markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { type Actor, type AuditAction, type AuditEvent, appendAudit } from './audit.ts';
import { count, countChange } from './counts.ts';
import { ManagerNotFoundError, ModelChangedError, ModelExistsError } from './errors.ts';
import type { Manager, ManagerRef } from './manager.ts';
import { itemOfModel, type StoredModel } from './model.ts';
import { findModel, modelNotFound } from './models.ts';
import { noteStored } from './stored-bytes.ts';

/** After so long the sweep deletes a file whose record was never written. */
const ABANDONED_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const filesOf = ({ account_id, vault, revision }: Place) => blobKeys.vaultPrefix(account_id, vault, revision);

type Place = Pick<StoredModel, 'account_id' | 'vault' | 'revision'>;

/** The mark of the files of a revision, which have to have their record by a time. */
export const markOfRevision = (of: Place, from: number): Write =>
  markOrphaned('artifacts', filesOf(of), from + ABANDONED_MS);

/** Before the file of a revision is written, whose own row follows: on one machine it is on the disk no later than that. */
export const markRevision = (table: Table, of: Place, now: number): Promise<void> =>
  table.transact([markOfRevision(of, now)], undefined, { relaxed: true });

export const isRevision = ({ revision }: StoredModel): Condition => ({
  kind: 'compare',
  attribute: 'revision',
  op: '=',
  value: revision,
});

/** The record before as an earlier revision, until its last day. */
function keepRevision(before: StoredModel, of: Manager, now: number): readonly Write[] {
  const end = now + of.config.backup_retention_days * DAY_MS;
  const key = keys.vaultRevision(before.account_id, before.vault, before.name, before.revision);
  const counted_bytes = before.size;
  return [
    { kind: 'put', item: itemOfModel(key, before, { expiresAt: epochSeconds(end), counted_bytes }) },
    markOfCounted('artifacts', filesOf(before), end, {
      counted_bytes,
      counted_by: { account_id: of.account_id, id: of.id, vault: of.vault },
    }),
  ];
}

export interface Saving {
  readonly manager: Manager;
  readonly by: Actor;
  readonly now: () => number;
  /** The record that is replaced; none for a new name. */
  readonly before?: StoredModel | undefined;
  readonly action?: AuditAction;
  /** Written in the same transaction: a condition that fails is a change of the model in between. */
  readonly also?: readonly Write[];
  readonly room?: Room | undefined;
}

/** The place of that write in the transaction, where there is one. */
const COUNTED = 2;

/** How often what an account stores may change while a model is saved. */
const TRIES = 20;

/**
 * Writes the record of a revision whose file is in place and marked. Throws `ModelExistsError` if there is a model of
 * that name that is not the one to be replaced, and `ManagerNotFoundError`; also what `room` throws.
 */
export async function saveModel(table: Table, saved: StoredModel, saving: Saving): Promise<void> {
  let { before } = saving;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const hasRoom = await saving.room?.();
    const counted = hasRoom === undefined ? [] : [noteStored(saved.account_id, hasRoom)];
    if (await trySave(table, saved, { ...saving, before }, counted)) return;
    before &&= await sameRevision(table, saving.manager, before);
  }
  throw new UnavailableError(`the account or the model changed ${TRIES} times while model ${saved.name} was saved`);
}

/**
 * The record as it is now: its key may have been wrapped anew since, under a password that is to open the earlier revision as
 * well. Throws `ModelChangedError` if there is another revision or none.
 */
async function sameRevision(table: Table, of: ManagerRef, { name, revision }: StoredModel): Promise<StoredModel> {
  const now = await findModel(table, of, name);
  if (now?.revision === revision) return now;
  throw new ModelChangedError(of.id, name);
}

/** False: something else was stored in the account, or the record that is replaced was changed. */
async function trySave(table: Table, saved: StoredModel, saving: Saving, counted: readonly Write[]): Promise<boolean> {
  const { manager, by, now, before, action, also = [] } = saving;
  const event: AuditEvent = {
    action: action ?? 'model_save',
    model_name: saved.name,
    success: true,
    facts: { revision: saved.revision, sha256: saved.sha256, ...(before ? { replaces: before.revision } : {}) },
  };
  try {
    await appendAudit(table, manager, by, event, now, [
      {
        kind: 'put',
        item: itemOfModel(keys.vaultModel(saved.account_id, saved.vault, saved.name), saved),
        condition: before ? unchanged(before) : { kind: 'absent' },
      },
      count(manager, saved, before, before?.size ?? 0),
      ...counted,
      clearOrphanMark('artifacts', filesOf(saved)),
      ...(before ? keepRevision(before, manager, now()) : []),
      ...also,
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    // The audit trail, which comes last, may have changed as well.
    if (counted.length > 0 && Math.min(...error.failed) === COUNTED) return false;
    if (error.failed.includes(1)) throw new ManagerNotFoundError(manager.id, []);
    if (before && error.failed.includes(0)) return false;
    throw before ? new ModelChangedError(manager.id, saved.name) : new ModelExistsError(manager.id, saved.name);
  }
}

/** Changes of a model's record that leave its file as it is, and when it was changed. Throws `ModelChangedError`, `ModelNotFoundError`. */
export async function updateModel(
  table: Table,
  of: ManagerRef,
  model: StoredModel,
  set: Partial<Omit<StoredModel, 'modified_at'>>,
  { by, event, now }: { readonly by: Actor; readonly event: AuditEvent; readonly now: () => number },
): Promise<StoredModel> {
  const changed: StoredModel = { ...model, ...set, modified_at: changedAt(model, now()) };
  const key = keys.vaultModel(of.account_id, of.vault, model.name);
  try {
    await appendAudit(table, of, by, event, now, [
      { kind: 'put', item: itemOfModel(key, changed), condition: unchanged(model) },
      countChange(of),
    ]);
    return changed;
  } catch (error) {
    throw await whyNot(table, of, model, error);
  }
}

/** Later than before, also within a millisecond and by a clock that is behind: whoever read the record before finds it changed. */
const changedAt = ({ modified_at }: StoredModel, now: number): string =>
  isoTime(Math.max(now, Date.parse(modified_at) + 1));

const unchanged = (model: StoredModel): Condition => ({
  kind: 'all',
  of: [isRevision(model), { kind: 'compare', attribute: 'modified_at', op: '=', value: model.modified_at }],
});

/** The error for a change of a model that was not as it had been read. */
export async function whyNot(table: Table, of: ManagerRef, { name }: StoredModel, error: unknown): Promise<unknown> {
  if (!(error instanceof TransactionFailedError)) return error;
  return (await findModel(table, of, name)) ? new ModelChangedError(of.id, name) : modelNotFound(table, of, name);
}

/**
 * The same model in another file, which is in place and marked. The file before is marked as orphaned at once. Throws
 * `ModelChangedError`, `ModelNotFoundError`.
 */
export async function replaceFile(
  table: Table,
  of: ManagerRef,
  before: StoredModel,
  file: StoredModel,
  by: Actor,
  now: () => number,
): Promise<void> {
  const after = { ...file, modified_at: changedAt(before, now()) };
  const key = keys.vaultModel(of.account_id, of.vault, after.name);
  const event: AuditEvent = { action: 'password_update', model_name: after.name, success: true };
  try {
    await appendAudit(table, of, by, event, now, [
      { kind: 'put', item: itemOfModel(key, after), condition: unchanged(before) },
      clearOrphanMark('artifacts', filesOf(after)),
      markOrphaned('artifacts', filesOf(before), now()),
      countChange(of),
    ]);
  } catch (error) {
    throw await whyNot(table, of, before, error);
  }
}
