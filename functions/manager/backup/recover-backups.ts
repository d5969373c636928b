/**
 * Takes backups back from a second location into an installation whose table does not know them, such as a new one. Models
 * are restored from them afterwards, as from any other backup.
 */
import { foundOperator } from '#domain/accounts/operator.ts';
import { findAccount } from '#domain/accounts/read.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { TrainyardError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { findBackup } from '#domain/vault/backups.ts';
import { type CopiedRecord, copiedRecord, type Recovered } from '#domain/vault/copies.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import { createManager, findManager } from '#domain/vault/managers.ts';
import type { Log } from '#functions/http/contract.ts';
import { collected } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { addBackup } from './add-backup.ts';
import { ARCHIVE } from './archive.ts';
import { unchanged } from './copy-backups.ts';
import { expectPlatformKey } from './manifest.ts';
import type { UnpackedFile } from './tar.ts';

const RECOVERY: Actor = { userId: 'recovery', address: '', requestId: '' };
const DAY_MS = 86_400_000;

export const makeHandler =
  (adapters: Adapters, options: { readonly settings: Settings; readonly logger: Log }) =>
  (copies: BlobsWithoutUrls, accountId: string, records: readonly string[]): Promise<Recovered> =>
    recoverBackups({ adapters, ...options }, copies, accountId, records);

/**
 * The account keeps its id, to which everything is bound that was encrypted. What cannot be taken back is in `failed`, and
 * the others are taken. Done again, it goes on.
 */
async function recoverBackups(
  services: VaultServices,
  copies: BlobsWithoutUrls,
  accountId: string,
  records: readonly string[],
): Promise<Recovered> {
  const { table, now } = services.adapters;
  const done = { managers: [] as string[], backups: 0, known: 0, failed: [] as { file: string; reason: string }[] };
  /** Files that this run has brought or compared, by manager. */
  const recovered = new Set<string>();
  if (!(await findAccount(table, accountId))) await foundOperator(table, accountId, now());
  for (const file of records) {
    try {
      const record = await readRecord(copies, file);
      if (record.account_id !== accountId) throw new StoredDataError('The record is of another account', { file });
      await expectPlatformKey(services.adapters.keys, record);
      if (await recoverManager(services, record)) done.managers.push(record.manager_id);
      if (await recoverBackup(services, copies, record, recovered)) done.backups += 1;
      else done.known += 1;
    } catch (error) {
      if (!(error instanceof TrainyardError) || error.status >= 500) throw error;
      done.failed.push({ file, reason: error.message });
    }
  }
  return done;
}

async function readRecord(copies: BlobsWithoutUrls, file: string): Promise<CopiedRecord> {
  const bytes = await collected(present(copies, file));
  const found = copiedRecord.safeParse(jsonOf(bytes));
  if (!found.success) throw new StoredDataError('The record is damaged or of another version', { file });
  return found.data;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whether there was none. */
async function recoverManager({ adapters: { table, now } }: VaultServices, record: CopiedRecord): Promise<boolean> {
  const { account_id, manager_id: id, manager } = record;
  if (manager === null || (await findManager(table, account_id, id))) return false;
  const none = { models: 0, bytes: 0, revision_bytes: 0, encrypted: 0, compressed: 0, changes: 0, served: 0 };
  await createManager(table, { id, account_id, vault: newId(now()), ...manager, ...none }, RECOVERY, now);
  return true;
}

/** Whether it was not known. */
async function recoverBackup(
  services: VaultServices,
  copies: BlobsWithoutUrls,
  record: CopiedRecord,
  recovered: Set<string>,
): Promise<boolean> {
  const { table, now } = services.adapters;
  const { contents: _, manager, upload: __, expires_at: end, ...backup } = record;
  const of = { account_id: record.account_id, id: record.manager_id };
  if ((await findBackup(table, of, record.name))?.id === record.id) return false;
  // Nothing that has just been recovered is about to be deleted.
  const days = manager?.config.backup_retention_days ?? 0;
  const least = isoTime(now() + days * DAY_MS);
  const kept = end === undefined ? {} : { expires_at: end > least ? end : least };
  const source = {
    files: filesOf(copies, record),
    // What another backup has brought already, or this installation has, is not read: its hash is compared here.
    readsAll: false,
    isOutside: false,
    compared: (sha256: string) => (recovered.has(`${record.manager_id}#${sha256}`) ? 'size' : 'bytes'),
    refused: (why: string) =>
      new StoredDataError(`The second location has not all of backup '${record.name}': ${why}`, {
        manager_id: record.manager_id,
      }),
  } as const;
  await addBackup(services, of, RECOVERY, { ...backup, ...kept }, source);
  for (const { sha256 } of record.contents) recovered.add(`${record.manager_id}#${sha256}`);
  return true;
}

async function* filesOf(
  copies: BlobsWithoutUrls,
  record: CopiedRecord,
): AsyncGenerator<Omit<UnpackedFile, 'end'>, void> {
  const { account_id, manager_id, id, complete, contents } = record;
  const manifest = complete.digests.ciphertext;
  const key = blobKeys.backupManifest(account_id, manager_id, id);
  yield { name: ARCHIVE.manifest, isFile: true, size: manifest.bytes, body: whenRead(copies, key, manifest.sha256) };
  for (const { sha256, bytes, key } of contents) {
    yield { name: `${ARCHIVE.contents}${sha256}`, isFile: true, size: bytes, body: whenRead(copies, key, sha256) };
  }
}

/** What another backup has brought already is not read. */
async function* whenRead(copies: BlobsWithoutUrls, key: string, sha256: string): AsyncGenerator<Uint8Array> {
  yield* unchanged(present(copies, key), key, sha256);
}

async function* present(copies: BlobsWithoutUrls, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* (await copies.get(key)).body;
  } catch (error) {
    throw error instanceof BlobNotFoundError ? new StoredDataError(`${key} is missing`, { file: key }) : error;
  }
}
