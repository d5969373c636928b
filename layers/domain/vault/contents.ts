/**
 * The files of backups, by the SHA-256 of their bytes: backups of the same manager share what has not changed. Each
 * backup notes which files it holds, and a file is deleted when none holds it any more. A file that is stored again after
 * that gets a new place, so that its deletion cannot meet its next use.
 */
import { z } from 'zod';
import type { Room } from '../accounts/usage/room.ts';
import { blobKeys } from '../blob-keys.ts';
import { StorageLimitError, UnavailableError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { clearOrphanMark, deleteOrphans, markOrphaned } from '../orphans.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import type { Backup } from './backup.ts';
import { type Compared, isIntact } from './intact.ts';
import { addBackupBytes, noteStored } from './stored-bytes.ts';

const content = z.object({ place: z.string(), bytes: z.int(), holders: z.int() });
type Content = z.infer<typeof content>;

type Owner = Pick<Backup, 'account_id' | 'manager_id' | 'id'>;

/** After so long the sweep deletes a file whose record was never written. */
const ABANDONED_MS = 3_600_000;

const prefixOf = (of: Owner, place: string) => blobKeys.backupContentPrefix(of.account_id, of.manager_id, place);
const fileOf = (of: Owner, place: string) => blobKeys.backupContent(of.account_id, of.manager_id, place);

/** Where the file of these bytes is. */
export async function findContent(table: Table, of: Owner, sha256: string): Promise<string | undefined> {
  const found = await readContent(table, of, sha256);
  return found && fileOf(of, found.place);
}

async function readContent(table: Table, of: Owner, sha256: string): Promise<Content | undefined> {
  const item = await table.get(keys.vaultContent(of.account_id, of.manager_id, sha256));
  return item && content.parse(item);
}

export interface NewContent {
  readonly sha256: string;
  readonly bytes: number;
  /** The place of the file if there is none yet. */
  readonly place: string;
  /** The bytes; their end throws if they are not those of the hash. */
  readonly read: () => Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
  /** Of a file that another backup holds. */
  readonly compared: Compared;
  readonly room?: RoomFor | undefined;
}

/** For so many bytes; none for what is stored whether there is room or not. */
export type RoomFor = (bytes: number) => Room | undefined;

/**
 * Holds a file for the backup; it is copied only if no backup of this manager holds it, or if what they hold was damaged:
 * then the copy takes its place for all of them. Done again, it changes nothing.
 */
export async function holdContent(
  table: Table,
  blobs: Blobs,
  of: Owner,
  given: NewContent,
  now: number,
): Promise<boolean> {
  const known = await holdIntact(table, blobs, of, given.sha256, given.compared);
  if (known === 'held') return false;
  await storeContent(table, blobs, of, { ...given, digest: () => given, ...known }, now);
  return true;
}

/**
 * Holds a file that some backup of this manager holds, if it is still what was stored. Otherwise resolves with what there
 * is in its place. What this backup holds already was compared before.
 */
export async function holdIntact(
  table: Table,
  blobs: Blobs,
  of: Owner,
  sha256: string,
  compared: Compared,
): Promise<'held' | { readonly damaged?: Content }> {
  if (await table.get(keys.vaultHeld(of.account_id, of.manager_id, of.id, sha256))) return 'held';
  const found = await readContent(table, of, sha256);
  if (!found) return {};
  if (!(await isIntact(blobs, fileOf(of, found.place), { ...found, sha256 }, compared))) return { damaged: found };
  return (await holdKnown(table, of, sha256)) ? 'held' : {};
}

/** How often what an account stores may change while a file of a backup is stored. */
const ROOM_TRIES = 20;

/** Holds a file whose digest is known only when it has been read. Throws what `room` throws; nothing of it stays then. */
export async function storeContent(
  table: Table,
  blobs: Blobs,
  of: Owner,
  given: Pick<NewContent, 'place' | 'read'> & {
    readonly digest: () => Pick<NewContent, 'sha256' | 'bytes'>;
    /** What it takes the place of. */
    readonly damaged?: Content;
    readonly room?: RoomFor | undefined;
  },
  now: number,
): Promise<void> {
  await table.transact([markOrphaned('backups', prefixOf(of, given.place), now + ABANDONED_MS)]);
  await blobs.put(fileOf(of, given.place), await given.read());
  const { sha256, bytes } = given.digest();
  const { place, damaged } = given;
  const key = keys.vaultContent(of.account_id, of.manager_id, sha256);
  const written: readonly Write[] = damaged
    ? [
        {
          kind: 'update',
          key,
          change: { set: { place, bytes }, add: { holders: 1 } },
          condition: { kind: 'compare', attribute: 'place', op: '=', value: damaged.place },
        },
        markOrphaned('backups', prefixOf(of, damaged.place), now),
      ]
    : [
        { kind: 'put', item: { ...key, place, bytes, holders: 1 }, condition: { kind: 'absent' } },
        addBackupBytes({ account_id: of.account_id, id: of.manager_id }, bytes),
      ];
  const writes = [held(of, sha256), ...written, clearOrphanMark('backups', prefixOf(of, place))];
  const room = damaged ? undefined : given.room?.(bytes);
  try {
    await whereThereIsRoom(table, of.account_id, writes, room);
  } catch (error) {
    if (!(error instanceof TransactionFailedError || error instanceof StorageLimitError)) throw error;
    // Another backup stored the same bytes at the same time, or it has no room.
    await deleteOrphans(table, blobs, 'backups', prefixOf(of, place));
    if (!(error instanceof TransactionFailedError && (await holdKnown(table, of, sha256)))) throw error;
    return;
  }
  if (damaged) await deleteOrphans(table, blobs, 'backups', prefixOf(of, damaged.place));
}

async function whereThereIsRoom(table: Table, accountId: string, writes: readonly Write[], room: Room | undefined) {
  if (room === undefined) return table.transact(writes);
  for (let tries = 0; tries < ROOM_TRIES; tries += 1) {
    const condition = await room();
    try {
      return await table.transact([...writes, noteStored(accountId, condition)]);
    } catch (error) {
      // Something else was stored in the account.
      if (!(error instanceof TransactionFailedError && Math.min(...error.failed) === writes.length)) throw error;
    }
  }
  throw new UnavailableError(`what account ${accountId} stores changed ${ROOM_TRIES} times while it was backed up`);
}

const held = (of: Owner, sha256: string): Write => ({
  kind: 'put',
  item: { ...keys.vaultHeld(of.account_id, of.manager_id, of.id, sha256), sha256 },
  condition: { kind: 'absent' },
});

/** Holds a file that some backup of this manager holds. Whether there is one. */
async function holdKnown(table: Table, of: Owner, sha256: string): Promise<boolean> {
  const key = keys.vaultContent(of.account_id, of.manager_id, sha256);
  try {
    await table.transact([
      held(of, sha256),
      { kind: 'update', key, change: { add: { holders: 1 } }, condition: { kind: 'present' } },
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    return error.failed.includes(0);
  }
}

const heldContent = z.object({ sha256: z.string() });

/** The SHA-256 of each file that a backup holds. */
export async function listHeld(table: Table, of: Owner): Promise<string[]> {
  const { pk } = keys.vaultContent(of.account_id, of.manager_id, '');
  const held = await readAll(table, { partition: pk, prefix: prefixes.vaultHeld(of.id) });
  return held.map((item) => heldContent.parse(item).sha256);
}

/** The files that a backup holds, with the keys at which they are. */
export async function listContents(table: Table, of: Owner) {
  const found: { readonly sha256: string; readonly bytes: number; readonly key: string }[] = [];
  for (const sha256 of await listHeld(table, of)) {
    const one = await readContent(table, of, sha256);
    if (one) found.push({ sha256, bytes: one.bytes, key: fileOf(of, one.place) });
  }
  return found;
}

/** Lets go of every file that the backup holds, and deletes those that none holds any more. */
export async function releaseContents(table: Table, blobs: Blobs, of: Owner, now: number): Promise<void> {
  for (const sha256 of await listHeld(table, of)) await releaseContent(table, blobs, of, sha256, now);
}

/** How often to try while other backups hold the same file or let go of it. */
const TRIES = 10;

/** Lets go of one file. The last backup that does deletes the record and marks the file, in one transaction. */
export async function releaseContent(
  table: Table,
  blobs: Blobs,
  of: Owner,
  sha256: string,
  now: number,
): Promise<void> {
  const key = keys.vaultContent(of.account_id, of.manager_id, sha256);
  const letGo: Write = {
    kind: 'delete',
    key: keys.vaultHeld(of.account_id, of.manager_id, of.id, sha256),
    condition: { kind: 'present' },
  };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const item = await table.get(key);
    const left = item && content.parse(item);
    const prefix = left && prefixOf(of, left.place);
    const isLast = left !== undefined && left.holders <= 1;
    const condition = { kind: 'compare', attribute: 'holders', op: '=', value: left?.holders ?? 0 } as const;
    const rest: readonly Write[] = !left
      ? []
      : isLast
        ? [
            { kind: 'delete', key, condition },
            markOrphaned('backups', prefixOf(of, left.place), now),
            addBackupBytes({ account_id: of.account_id, id: of.manager_id }, -left.bytes),
          ]
        : [{ kind: 'update', key, change: { add: { holders: -1 } }, condition }];
    try {
      await table.transact([letGo, ...rest]);
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      // Let go before.
      if (error.failed.includes(0)) return;
      continue;
    }
    if (isLast && prefix !== undefined) await deleteOrphans(table, blobs, 'backups', prefix);
    return;
  }
  throw new UnavailableError();
}
