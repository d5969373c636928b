/** Brings the second location of a manager's backups up to date: what is missing is copied, what is too much deleted. */
import { blobKeys } from '#domain/blob-keys.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { listBackups } from '#domain/vault/backups.ts';
import { listContents } from '#domain/vault/contents.ts';
import { type CopiedRecord, type CopiesNote, clearNote, keysOf } from '#domain/vault/copies.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { findManager } from '#domain/vault/managers.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { Pace } from '../jobs/work.ts';
import { collected } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

/** Throws `StoredDataError` where a file of a backup was changed, after everything else is up to date. */
export async function copyBackups(
  { adapters: { table, blobs } }: VaultServices,
  copies: BlobsWithoutUrls,
  note: CopiesNote,
  pace: Pace,
): Promise<void> {
  const { account_id, id: manager_id } = note;
  const manager = await findManager(table, account_id, manager_id);
  const wanted = new Set<string>();
  let damage: StoredDataError | undefined;
  for (const backup of await listBackups(table, note)) {
    const of = { account_id, manager_id, id: backup.id };
    const { sha256 } = backup.complete.digests.ciphertext;
    const manifest = { key: blobKeys.backupManifest(account_id, manager_id, backup.id), sha256 };
    const contents = await listContents(table, of);
    const record = blobKeys.backupRecord(account_id, manager_id, backup.id);
    const files = [...contents, manifest];
    for (const key of [...files.map(({ key }) => key), record]) wanted.add(key);
    try {
      for (const file of files) {
        await pace.reached({});
        await copy(blobs.backups, copies, file);
      }
    } catch (error) {
      // The other backups are copied all the same.
      if (!(error instanceof StoredDataError)) throw error;
      damage ??= error;
      continue;
    }
    // Last: where there is a record, there is all of the backup.
    await writeRecord(copies, record, { ...backup, contents, manager: manager ? configOf(manager) : null });
  }
  for (const key of await keysOf(copies, blobKeys.backupsPrefix(account_id, manager_id))) {
    if (!wanted.has(key)) await copies.delete(key);
  }
  // What was changed may be made good by a later backup.
  if (damage) throw damage;
  await clearNote(table, note);
}

const configOf = ({ config, created_at }: Manager) => ({ config, created_at });

/** Earlier versions wrote a shorter one, and a file that was damaged has another key since. */
async function writeRecord(copies: BlobsWithoutUrls, key: string, content: CopiedRecord): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(content), 'utf8');
  if ((await copies.head(key))?.size === bytes.length) {
    const written = await collected((await copies.get(key)).body);
    if (bytes.equals(written)) return;
  }
  await copies.put(key, bytes);
}

interface BackedUp {
  readonly key: string;
  readonly sha256: string;
}

/** A file never changes under its key, so that one of the same size is the same. */
async function copy(from: BlobsWithoutUrls, to: BlobsWithoutUrls, { key, sha256 }: BackedUp): Promise<void> {
  try {
    const [there, copied] = await Promise.all([from.head(key), to.head(key)]);
    if (there === undefined || there.size === copied?.size) return;
    await to.put(key, unchanged((await from.get(key)).body, key, sha256));
  } catch (error) {
    // Deleted meanwhile, which is a change of its own.
    if (!(error instanceof BlobNotFoundError)) throw error;
  }
}

/** What was changed must not take the place of a copy. Earlier versions named some files by the backup. */
export async function* unchanged(
  body: AsyncIterable<Uint8Array>,
  key: string,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  const digesting = new Digesting(body);
  yield* digesting;
  if (sha256.length === SHA256_CHARACTERS && digesting.digest().sha256 !== sha256) {
    throw new StoredDataError('A file of a backup was changed', { file: key });
  }
}

const SHA256_CHARACTERS = 64;
