/**
 * The second location of backups. Every change of a manager's backups notes, in its transaction, that the second
 * location is out of date; a schedule then brings it up to date and deletes the note. So a crash, or a location that is
 * not there, loses nothing: the note stays.
 */
import { z } from 'zod';
import { isBackupRecord } from '../blob-keys.ts';
import { newId } from '../ids.ts';
import { indexes, keys } from '../keys.ts';
import type { BlobsWithoutUrls } from '../ports/blobs/port.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import type { Audited } from './audit.ts';
import { completeBackup } from './backup.ts';
import { type ManagerRef, storedConfig } from './manager.ts';

/**
 * What stands beside a backup in the second location, so that it can be read without the table: what it consists of, with
 * its hashes and its wrapped key, and the manager that it is of. Nothing in it is secret without a password or the
 * platform's key. Earlier versions wrote the backup alone.
 */
export const copiedRecord = completeBackup.extend({
  contents: z.array(z.object({ sha256: z.string(), bytes: z.int(), key: z.string() })).default([]),
  /** Null where it had been deleted. */
  manager: z.object({ config: storedConfig, created_at: z.string() }).nullable().default(null),
});
export type CopiedRecord = z.infer<typeof copiedRecord>;

const note = z.object({ account_id: z.string(), id: z.string(), change: z.string() });
export type CopiesNote = z.infer<typeof note>;

/** To be written with the change. */
export function noteChange({ account_id, id }: Audited, now: number): Write {
  const index = { ipk: indexes.vaultCopies, isk: isoTime(now) };
  const item = { ...keys.vaultCopies(account_id, id), account_id, id, change: newId(now), ...index };
  return { kind: 'put', item };
}

/** Whether something of the manager's backups is not in the second location yet. */
export async function findNote(table: Table, of: Audited): Promise<CopiesNote | undefined> {
  const item = await table.get(keys.vaultCopies(of.account_id, of.id));
  return item && note.parse(item);
}

export const copiesAreDue = async (table: Table, of: Audited): Promise<boolean> =>
  (await findNote(table, of)) !== undefined;

/** The schedule looks at it again at `next` (epoch milliseconds), and at others first. */
export async function postponeCopies(
  table: Table,
  { account_id, id, change }: CopiesNote,
  next: number,
): Promise<void> {
  const same = { kind: 'compare', attribute: 'change', op: '=', value: change } as const;
  try {
    await table.update(keys.vaultCopies(account_id, id), { set: { isk: isoTime(next) } }, same);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** Whose job copies: the backups of a manager outlive it, so that it is of no vault. */
export const copiesOwner = ({ account_id, id }: Audited): ManagerRef => ({ account_id, id, vault: 'copies' });

export async function copiesDue(table: Table, now: number, limit: number): Promise<CopiesNote[]> {
  const query = { index: 'byIndex', partition: indexes.vaultCopies, from: '0', to: isoTime(now), limit } as const;
  return (await table.query(query)).items.map((item) => note.parse(item));
}

/** The second location is up to date, unless something has changed since the note was read. */
export async function clearNote(table: Table, { account_id, id, change }: CopiesNote): Promise<void> {
  const condition = { kind: 'compare', attribute: 'change', op: '=', value: change } as const;
  try {
    await table.delete(keys.vaultCopies(account_id, id), condition);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

export async function keysOf(copies: BlobsWithoutUrls, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await copies.list(prefix, cursor === undefined ? {} : { cursor });
    keys.push(...page.blobs.map(({ key }) => key));
    if (page.cursor === undefined) return keys;
    cursor = page.cursor;
  }
}

/** The records in a second location, by account. */
export async function recordsByAccount(copies: BlobsWithoutUrls): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const key of (await keysOf(copies, '')).filter(isBackupRecord)) {
    const [account = ''] = key.split('/');
    found.set(account, [...(found.get(account) ?? []), key]);
  }
  return found;
}

/** What was taken back from a second location. */
export interface Recovered {
  /** Those that were not there. */
  readonly managers: readonly string[];
  readonly backups: number;
  /** That the installation knew already. */
  readonly known: number;
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}
