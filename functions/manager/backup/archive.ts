/** The archive of a backup: what it takes to restore it, as files. Everything in it stays encrypted as it was. */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ConflictError, ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { blobKeys } from '#domain/keys.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { backup as backupSchema, type CompleteBackup } from '#domain/vault/backup.ts';
import { completeBackup, listBackups, startBackup } from '#domain/vault/backups.ts';
import { holdContent, listContents } from '#domain/vault/contents.ts';
import { BackupExistsError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { VaultServices } from '../services.ts';
import { type TarFile, tar, untar } from './tar.ts';

const RECORD = 'backup.json';
const MANIFEST = 'manifest';
const CONTENTS = 'contents/';

/** Bytes of the files, before gzip. */
export async function archiveSize({ adapters: { table } }: VaultServices, of: CompleteBackup): Promise<number> {
  const contents = await listContents(table, of);
  return of.complete.digests.ciphertext.bytes + contents.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function archiveOf(services: VaultServices, of: CompleteBackup): AsyncIterable<Uint8Array> {
  return tar(filesOf(services, of), Date.parse(of.created_at));
}

async function* filesOf({ adapters: { table, blobs } }: VaultServices, of: CompleteBackup): AsyncGenerator<TarFile> {
  const record = Buffer.from(JSON.stringify(of), 'utf8');
  yield { name: RECORD, size: record.length, body: [record] };
  const manifest = await blobs.backups.get(blobKeys.backupManifest(of.account_id, of.manager_id, of.id));
  yield { name: MANIFEST, size: manifest.info.size, body: manifest.body };
  for (const { sha256, key } of await listContents(table, of)) {
    const { info, body } = await blobs.backups.get(key);
    yield { name: `${CONTENTS}${sha256}`, size: info.size, body };
  }
}

const unzip = promisify(gunzip);
/** Files that are encrypted get no smaller by gzip. */
const LARGEST_RATIO = 4;
const ABANDONED_MS = 3_600_000;

/**
 * Adds the backup of an archive, which may have been deleted since. Throws `ValidationError` for what is no archive of
 * this manager, and `BackupExistsError`.
 */
export async function importArchive(
  { adapters: { table, blobs, now } }: VaultServices,
  manager: Manager,
  by: Actor,
  archive: Uint8Array,
): Promise<CompleteBackup> {
  const files = untar(await expanded(archive));
  const found = recordIn(files, manager);
  const manifest = files.get(MANIFEST);
  if (manifest === undefined) throw invalid('it has no manifest');
  const others = await listBackups(table, manager);
  if (others.some(({ id, name }) => id === found.id || name === found.name)) {
    throw new BackupExistsError(manager.id, found.name);
  }
  const { complete, ...started } = found;
  await startBackup(table, started);
  for (const [name, bytes] of files) {
    if (!name.startsWith(CONTENTS)) continue;
    const sha256 = name.slice(CONTENTS.length);
    requireOwn(sha256, bytes, found);
    const given = { sha256, bytes: bytes.length, place: newId(now()), read: () => once(bytes) };
    await holdContent(table, blobs.backups, found, given, now());
  }
  const prefix = blobKeys.backupPrefix(found.account_id, found.manager_id, found.id);
  await table.transact([markOrphaned('backups', prefix, now() + ABANDONED_MS)]);
  await blobs.backups.put(blobKeys.backupManifest(found.account_id, found.manager_id, found.id), manifest);
  const done = { ...started, complete };
  await completeBackup(table, done, by, now);
  return done;
}

async function expanded(archive: Uint8Array): Promise<Uint8Array> {
  try {
    return await unzip(archive, { maxOutputLength: LARGEST_RATIO * archive.length + 1_048_576 });
  } catch {
    throw invalid('it is not compressed with gzip, or was cut off');
  }
}

function recordIn(files: ReadonlyMap<string, Uint8Array>, manager: Manager): CompleteBackup {
  const record = files.get(RECORD);
  if (record === undefined) throw invalid(`it has no ${RECORD}`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(record).toString('utf8'));
  } catch {
    throw invalid(`its ${RECORD} is not JSON`);
  }
  const found = backupSchema.safeParse(json);
  if (!found.success || found.data.complete === undefined) throw invalid(`its ${RECORD} is not that of a backup`);
  if (found.data.account_id !== manager.account_id || found.data.manager_id !== manager.id) {
    throw new ConflictError(`The archive is of another manager than '${manager.id}'`);
  }
  // What was made by schedule is kept from then on: somebody has asked for it.
  const { expires_at: _, ...rest } = found.data;
  return { ...rest, kind: 'named', complete: found.data.complete };
}

/** Other backups share files by their hash: what does not have the hash that it says would take their place. */
function requireOwn(sha256: string, bytes: Uint8Array, { id }: CompleteBackup): void {
  if (sha256.startsWith(`${id}-`)) return;
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw invalid('a file of it was changed');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const invalid = (why: string) => ValidationError.of('body', `must be the .tar.gz of a backup; ${why}`);
