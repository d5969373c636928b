/** Stores the manifest and the contents of a backup that comes from elsewhere, file by file. */
import { blobKeys } from '#domain/blob-keys.ts';
import { InternalError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { roomFor } from '#domain/installation/storage.ts';
import { markOrphaned, renewOrphanMark } from '#domain/orphans.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { touchBackup } from '#domain/vault/backups.ts';
import { holdContent, listHeld, releaseContent } from '#domain/vault/contents.ts';
import type { Compared } from '#domain/vault/intact.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { VaultServices } from '../services.ts';
import { ARCHIVE } from './archive.ts';
import { expectComplete } from './expect-complete.ts';
import { MOST_MODEL_BYTES } from './parse-manifest.ts';
import type { UnpackedFile } from './tar.ts';

const ABANDONED_MS = 3_600_000;
const RENEW_MS = 600_000;
/** Of a manifest without models, and what encryption adds to one with them. */
const ENVELOPE_BYTES = 1_048_576;
/** 30,000 models with 4 KiB each. */
const MOST_MANIFEST_BYTES = 134_217_728;

/** What has been stored, however many files that is: which ones they are, the backup holds. */
export interface Stored {
  readonly has_manifest: boolean;
  /** Contents, and their bytes. */
  readonly files: number;
  readonly bytes: number;
}

const NOTHING: Stored = { has_manifest: false, files: 0, bytes: 0 };

/** Where the manifest and the contents of a backup come from. */
export interface Source<File extends Omit<UnpackedFile, 'end'> = Omit<UnpackedFile, 'end'>> {
  readonly files: AsyncIterable<File>;
  /** Whether a file is read to its end also where there is one of its hash. */
  readonly readsAll: boolean;
  /** What is compared of the one that there is. */
  readonly compared: (sha256: string) => Compared;
  /** Whether anybody may have made it. */
  readonly isOutside: boolean;
  /** The error for files that are not those of the backup. */
  readonly refused: (why: string) => Error;
  /** What an earlier turn has stored, where these files are the others. */
  readonly before?: Stored | undefined;
  /** Called after each file. */
  readonly done?: (file: File, stored: Stored) => Promise<void>;
  /** Called now and then, so that what the files come from is not taken for abandoned. */
  readonly renew?: () => Promise<void>;
}

/** Throws what `refused` makes, and what `done` throws. */
export async function storeFiles<File extends Omit<UnpackedFile, 'end'>>(
  services: VaultServices,
  found: CompleteBackup,
  { files, readsAll, compared, isOutside, refused, before, done, renew }: Source<File>,
): Promise<void> {
  const { table, blobs, now } = services.adapters;
  const { account_id, manager_id, id, complete } = found;
  const room = (bytes: number) => roomFor(table, account_id, bytes, services.settings.caps);
  let stored = before ?? NOTHING;
  const names = new Set<string>();
  let renewed = now();
  for await (const file of files) {
    const { name, isFile, size, body } = file;
    // Of who has unpacked it, and packed it anew.
    if (!isFile && name === ARCHIVE.contents) continue;
    if (!isFile) throw refused(`it has ${shown(name)}, which is no file`);
    // What nobody has touched for an hour was abandoned.
    if (now() - renewed >= RENEW_MS) {
      if (!(await keepStarted(services, found, stored))) throw new InternalError('a manifest was swept');
      await renew?.();
      renewed = now();
    }
    if (name === ARCHIVE.manifest) {
      if (stored.has_manifest) throw refused(`it has ${ARCHIVE.manifest} twice`);
      if (isOutside) expectManifestSize(size, complete, refused);
      const prefix = blobKeys.backupPrefix(account_id, manager_id, id);
      await table.transact([markOrphaned('backups', prefix, now() + ABANDONED_MS)]);
      const { sha256 } = complete.digests.ciphertext;
      const changed = () => refused(`its ${ARCHIVE.manifest} was changed`);
      await blobs.backups.put(blobKeys.backupManifest(account_id, manager_id, id), ownBytes(sha256, body, changed));
      stored = { ...stored, has_manifest: true };
    } else if (name.startsWith(ARCHIVE.contents)) {
      const sha256 = name.slice(ARCHIVE.contents.length);
      if (names.has(sha256)) throw refused(`it has ${shown(name)} twice`);
      const changed = () => refused(`its file ${shown(name)} was changed`);
      const own = ownBytes(sha256.startsWith(`${id}-`) ? undefined : sha256, body, changed);
      const of = { sha256, bytes: size, place: newId(now()), read: () => own, compared: compared(sha256) };
      const given = { ...of, room: isOutside ? room : undefined };
      await holdContent(table, blobs.backups, found, given, now());
      // It has ended where it was stored.
      if (readsAll) for await (const _ of own);
      names.add(sha256);
      stored = { ...stored, files: stored.files + 1, bytes: stored.bytes + size };
    } else throw refused(`it has the file ${shown(name)}, which is none of a backup`);
    await done?.(file, stored);
  }
  if (!stored.has_manifest) throw refused(`it has no ${ARCHIVE.manifest}`);
  const all = before ? new Set(await listHeld(table, found)) : names;
  if (all.size !== stored.files) throw refused(`it has ${stored.files - all.size} of its files twice`);
  for (const sha256 of await expectComplete(services, found, { names: all, bytes: stored.bytes }, refused)) {
    await releaseContent(table, blobs.backups, found, sha256, now());
  }
}

/** For another hour. Whether it still has what was stored. Throws `BackupNotFoundError` where it was dropped. */
export async function keepStarted(
  { adapters: { table, blobs, now } }: VaultServices,
  { complete: _, ...started }: CompleteBackup,
  { has_manifest }: Stored,
): Promise<boolean> {
  await touchBackup(table, started, now());
  if (!has_manifest) return true;
  const { account_id, manager_id, id } = started;
  const prefix = blobKeys.backupPrefix(account_id, manager_id, id);
  const isMarked = await renewOrphanMark(table, 'backups', prefix, now() + ABANDONED_MS);
  return isMarked && (await blobs.backups.head(blobKeys.backupManifest(account_id, manager_id, id))) !== undefined;
}

/** A name of an archive may be anything. */
const shown = (name: string): string => JSON.stringify(name);

/** Before anything of it is stored, or read into memory. */
function expectManifestSize(size: number, of: CompleteBackup['complete'], refused: Source['refused']): void {
  const { models, digests } = of;
  const most = Math.min(MOST_MANIFEST_BYTES, ENVELOPE_BYTES + models * MOST_MODEL_BYTES);
  if (size > most)
    throw refused(`its ${ARCHIVE.manifest} has ${size} bytes; one of ${models} models has at most ${most}`);
  // It counts in the account.
  const { bytes } = digests.ciphertext;
  if (size !== bytes) throw refused(`its ${ARCHIVE.manifest} has ${size} bytes, and ${bytes} by its record`);
}

/** Other backups share files by their hash: what does not have the hash that it says would take their place. */
async function* ownBytes(
  sha256: string | undefined,
  body: AsyncIterable<Uint8Array>,
  changed: () => Error,
): AsyncGenerator<Uint8Array> {
  const digesting = new Digesting(body);
  yield* digesting;
  if (sha256 !== undefined && digesting.digest().sha256 !== sha256) throw changed();
}
