/**
 * Saving, changing and deleting models. A revision's file is written before its record, under a mark of orphaned files;
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
import { ManagerNotFoundError, ModelChangedError, ModelExistsError } from './errors.ts';
import type { Manager, ManagerRef } from './manager.ts';
import { itemOfModel, type StoredModel } from './model.ts';
import { findModel, type KeptRevision, modelNotFound, readRevisions } from './models.ts';
import { expectNotServed, notServed } from './served.ts';
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

interface Counts {
  readonly models: number;
  readonly bytes: number;
  readonly encrypted: number;
  readonly compressed: number;
}

const bytesOf = (revisions: readonly KeptRevision[]): number =>
  revisions.reduce((sum, { counted_bytes }) => sum + counted_bytes, 0);

const countsOf = (of: StoredModel): Counts => ({
  models: 1,
  bytes: of.size,
  encrypted: of.encryption ? 1 : 0,
  compressed: of.compressed ? 1 : 0,
});

/**
 * Changes the manager's counts, and fails where that manager is not there any more. `revisionBytes`: of the earlier
 * revisions that are kept from now on, negative of those that are not.
 */
function count(
  of: ManagerRef,
  after: StoredModel | undefined,
  before: StoredModel | undefined,
  revisionBytes: number,
): Write {
  const [plus, minus] = [after, before].map((one) => (one ? countsOf(one) : undefined));
  const difference = (name: keyof Counts) => (plus?.[name] ?? 0) - (minus?.[name] ?? 0);
  return {
    kind: 'update',
    key: keys.vaultManager(of.account_id, of.id),
    change: {
      add: {
        models: difference('models'),
        bytes: difference('bytes'),
        encrypted: difference('encrypted'),
        compressed: difference('compressed'),
        revision_bytes: revisionBytes,
        changes: 1,
      },
    },
    condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
  };
}

/** Of earlier revisions that are deleted before their model. */
const uncount = (of: ManagerRef, bytes: number): Write => ({
  kind: 'update',
  key: keys.vaultManager(of.account_id, of.id),
  change: { add: { revision_bytes: -bytes } },
  condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
});

/** Of a model that stays the same in number and size. */
const countChange = (of: ManagerRef): Write => ({
  kind: 'update',
  key: keys.vaultManager(of.account_id, of.id),
  change: { add: { changes: 1 } },
  condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
});

const isRevision = ({ revision }: StoredModel): Condition => ({
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
async function whyNot(table: Table, of: ManagerRef, { name }: StoredModel, error: unknown): Promise<unknown> {
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

/** Of one transaction, beside what else it writes. */
const REVISIONS_AT_ONCE = 40;

/** Deletes earlier revisions and marks their files as orphaned. */
const withRevisions = (of: ManagerRef, revisions: readonly KeptRevision[], now: number): readonly Write[] =>
  revisions.flatMap((one): readonly Write[] => [
    markOrphaned('artifacts', filesOf(one), now),
    { kind: 'delete', key: keys.vaultRevision(of.account_id, of.vault, one.name, one.revision) },
  ]);

/**
 * Deletes the record with its earlier revisions and marks their files as orphaned. Where those are many, the oldest go
 * first, so that none outlives the record, which another model of that name would find. Resolves with the prefixes of all.
 * Throws `ModelNotFoundError`, `ModelChangedError`, `ModelServedError`.
 */
export async function removeModel(
  table: Table,
  of: ManagerRef,
  model: StoredModel,
  by: Actor,
  now: () => number,
): Promise<readonly string[]> {
  const revisions = await readRevisions(table, of, model.name);
  // It was replaced since it was read.
  if (revisions.some(({ revision }) => revision === model.revision)) throw new ModelChangedError(of.id, model.name);
  const last = revisions.slice(0, REVISIONS_AT_ONCE);
  const key = keys.vaultModel(of.account_id, of.vault, model.name);
  const event: AuditEvent = {
    action: 'model_delete',
    model_name: model.name,
    success: true,
    facts: { revision: model.revision, sha256: model.sha256 },
  };
  try {
    for (let left = revisions.length; left > REVISIONS_AT_ONCE; left -= REVISIONS_AT_ONCE) {
      const oldest = revisions.slice(Math.max(REVISIONS_AT_ONCE, left - REVISIONS_AT_ONCE), left);
      const still: Write = { kind: 'check', key, condition: isRevision(model) };
      await table.transact([
        still,
        notServed(model),
        uncount(of, bytesOf(oldest)),
        ...withRevisions(of, oldest, now()),
      ]);
    }
    await appendAudit(table, of, by, event, now, [
      { kind: 'delete', key, condition: isRevision(model) },
      count(of, undefined, model, -bytesOf(last)),
      { kind: 'delete', key: keys.vaultAccess(of.account_id, of.vault, model.name) },
      notServed(model),
      markOrphaned('artifacts', filesOf(model), now()),
      ...withRevisions(of, last, now()),
    ]);
    return [model, ...revisions].map(filesOf);
  } catch (error) {
    if (error instanceof TransactionFailedError) await expectNotServed(table, model);
    throw await whyNot(table, of, model, error);
  }
}
