/**
 * How the uploads in parts end that do not expire:
 *
 *     completed   transact: the model's record, its entry, the upload keeps the answer ── backup ── the whole answer
 *     given up    parts deleted ── transact: the upload's record deleted, an entry ── what was joined deleted
 *
 * Of a completion and one that gives up at the same time one finds that the record is not there, or not what it was.
 */
import { z } from 'zod';
import { ConflictError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { ConditionFailedError, InvalidUploadError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Json, Key, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { type Actor, type AuditEvent, appendAudit } from './audit.ts';
import type { ManagerRef } from './manager.ts';
import { deleteStaged, markOfStaged, STAGED_SECONDS, type Staged, stagedArchive, stagedModel } from './staged.ts';
import { type ArchiveUpload, uploadNotFound, type VaultUpload } from './uploads.ts';

const completed = z.object({
  /** Of the model. */
  name: z.string(),
  until: z.string(),
  completed: z.object({
    answer: z.json(),
    /** Whether nothing is left to do after the model's record. */
    ended: z.boolean(),
  }),
});

export interface CompletedUpload {
  readonly name: string;
  readonly answer: Json;
  readonly ended: boolean;
}

const keyOf = (of: ManagerRef, id: string): Key => keys.vaultUpload(of.account_id, of.vault, id);
const notCompleted: Condition = {
  kind: 'all',
  of: [{ kind: 'present' }, { kind: 'missing', attribute: 'completed' }],
};
const DAY_SECONDS = 86_400;

/** Completes an upload with the save of its model; for an hour the same request has the answer. */
export function completeVaultUpload(of: ManagerRef, id: string, answer: Json, now: number): Write {
  const until = isoTime(now + STAGED_SECONDS * 1000);
  const set = { completed: { answer, ended: false }, until, isk: until, expiresAt: epochSeconds(now) + DAY_SECONDS };
  const remove = ['held_key', 'encryption', 'metadata', 'tags'];
  return { kind: 'update', key: keyOf(of, id), change: { set, remove }, condition: notCompleted };
}

/** What is completed by a job has an hour from now on. Does nothing where it has ended. */
export async function extendUpload(
  table: Table,
  of: ManagerRef,
  { id, kind }: { readonly id: string; readonly kind: 'model' | 'archive' },
  now: number,
): Promise<void> {
  const staged = kind === 'model' ? stagedModel(of, id) : stagedArchive(of, id);
  const key = kind === 'model' ? keyOf(of, id) : keys.vaultArchiveUpload(of.account_id, of.vault, id);
  const until = isoTime(now + STAGED_SECONDS * 1000);
  const set = { until, isk: until, expiresAt: epochSeconds(now) + DAY_SECONDS };
  try {
    await table.transact([
      { kind: 'update', key, change: { set }, condition: notCompleted },
      markOfStaged(staged, now),
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}

/** The answer as it is once everything is done. A loss of power may undo that: then it is done again. */
export async function noteEnded(table: Table, of: ManagerRef, id: string, answer: Json): Promise<void> {
  const set = { completed: { answer, ended: true } };
  try {
    await table.update(keyOf(of, id), { set }, { kind: 'present' }, { relaxed: true });
  } catch (error) {
    // Its hour is over, or an earlier version had begun it.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** `undefined` where the hour is over as well. */
export async function findCompletedUpload(
  table: Table,
  of: ManagerRef,
  id: string,
  now: number,
): Promise<CompletedUpload | undefined> {
  const found = completed.safeParse(await table.get(keyOf(of, id))).data;
  if (found === undefined || Date.parse(found.until) <= now) return undefined;
  return { name: found.name, ...found.completed };
}

export const completedAlready = (id: string, model: string): ConflictError =>
  new ConflictError(`Upload ${id} was completed: model '${model}' is saved`);

interface GivingUp {
  readonly table: Table;
  readonly blobs: Blobs;
  readonly by: Actor;
  readonly now: () => number;
}

/** Gives up the upload of a model: nothing of it stays. Throws `NotFoundError`, `ConflictError`. */
export async function giveUpModelUpload(of: ManagerRef, upload: VaultUpload, giving: GivingUp): Promise<void> {
  const { id, name: model_name } = upload;
  const given = { key: keyOf(of, id), staged: stagedModel(of, id), upload_id: upload.upload_id };
  const event = {
    action: 'model_upload',
    model_name,
    success: true,
    facts: { upload_id: id, given_up: true },
  } as const;
  if (await gaveUp(of, given, event, giving)) return;
  const done = await findCompletedUpload(giving.table, of, id, giving.now());
  throw done ? completedAlready(id, done.name) : uploadNotFound(id);
}

/** Likewise that of an archive. Throws `NotFoundError`. */
export async function giveUpArchiveUpload(of: ManagerRef, upload: ArchiveUpload, giving: GivingUp): Promise<void> {
  const { id, upload_id } = upload;
  const given = { key: keys.vaultArchiveUpload(of.account_id, of.vault, id), staged: stagedArchive(of, id), upload_id };
  const event = { action: 'backup_upload', success: true, facts: { upload_id: id, given_up: true } } as const;
  if (!(await gaveUp(of, given, event, giving))) throw uploadNotFound(id);
}

/** Whether it was still there to be given up. */
async function gaveUp(
  of: ManagerRef,
  { key, staged, upload_id }: { readonly key: Key; readonly staged: Staged; readonly upload_id: string },
  event: AuditEvent,
  { table, blobs, by, now }: GivingUp,
): Promise<boolean> {
  // Before the record goes, from which the schedule knows what is left of one that was cut off here.
  await blobs.abortUpload(staged.file, upload_id).catch((error: unknown) => {
    // Its parts were joined.
    if (!(error instanceof InvalidUploadError)) throw error;
  });
  try {
    const marked = markOfStaged(staged, now() - STAGED_SECONDS * 1000);
    await appendAudit(table, of, by, event, now, [{ kind: 'delete', key, condition: notCompleted }, marked]);
  } catch (error) {
    if (error instanceof TransactionFailedError) return false;
    throw error;
  }
  await deleteStaged(table, blobs, staged);
  return true;
}
