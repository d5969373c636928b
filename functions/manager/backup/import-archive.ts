/** Takes a backup back from its archive, in a stream: an archive of any size, in constant memory and in as many turns as it takes. */
import { z } from 'zod';
import { ConflictError } from '#domain/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { type CompleteBackup, completeBackup as recordSchema } from '#domain/vault/backup.ts';
import { BackupNotFoundError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { backupName } from '#domain/vault/names.ts';
import { expectArchiveUpload } from '#domain/vault/uploads.ts';
import { isRefusal, type Pace, PostponedError } from '../jobs/work.ts';
import { collected } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { addBackup } from './add-backup.ts';
import { ARCHIVE } from './archive.ts';
import { keepStarted, type Source, type Stored } from './store-files.ts';
import { invalidArchive, type UnpackedFile, untar, without } from './tar.ts';
import { archivePlace, Unpacked } from './unpacked.ts';

/** Files that are encrypted get no smaller by gzip: what unpacks to more is none of ours. */
const LARGEST_RATIO = 4;
const SLACK_BYTES = 1_048_576;
const RECORD_BYTES = 1_048_576;

/** How far it is, as long as there is something of it. */
export const importProgress = z.object({
  backup_id: z.string(),
  backup_name: z.string(),
  /** From where the archive is read. */
  place: archivePlace,
  /** The next file, in the tar: what is between was stored before. */
  next: z.int(),
  has_manifest: z.boolean(),
  files: z.int(),
  bytes: z.int(),
});
export type ImportProgress = z.infer<typeof importProgress>;

export interface GivenArchive {
  /** From a byte on. */
  readonly open: (from: number) => Promise<AsyncIterable<Uint8Array>>;
  readonly size: number;
  /** The upload in parts that it came in: one that was interrupted is gone on with. */
  readonly upload?: string;
  /** Keeps that from being taken for abandoned. */
  readonly renew?: () => Promise<void>;
}

interface Turn {
  readonly before?: ImportProgress | undefined;
  readonly pace?: Pace | undefined;
}

/**
 * Adds the backup of an archive, which may have been deleted since. Nothing stays of one that is refused. Throws
 * `ValidationError` for what is no archive of this manager, and `BackupExistsError`. At least one file is stored in a turn.
 */
export async function importArchive(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  archive: GivenArchive,
  { before, pace }: Turn = {},
): Promise<CompleteBackup> {
  const { upload, renew } = archive;
  let { tar, files } = unpacked(archive);
  try {
    const record = await recordOf(files, manager, services.adapters.now());
    const found = upload === undefined ? record : { ...record, upload };
    const isKept = before?.backup_id === found.id && (await isStarted(services, found, before));
    if (isKept) {
      await files.return();
      ({ tar, files } = unpacked(archive, before));
    }
    const backup = { backup_id: found.id, backup_name: found.name };
    const done = async ({ end: next }: UnpackedFile, stored: Stored) =>
      pace?.reached({ ...stored, ...backup, place: archivePlace.parse(tar.place), next });
    const source = { ...FROM_OUTSIDE, files, before: isKept ? before : undefined, done, ...(renew && { renew }) };
    return await addBackup(services, manager, by, found, source, {
      also: upload === undefined ? [] : [expectArchiveUpload(manager, upload)],
      isGoneOnWith: (error) => error instanceof PostponedError || (pace?.retries === true && !isRefusal(error)),
    });
  } finally {
    await files.return();
  }
}

/** Whether there still is what an earlier turn has stored. */
async function isStarted(services: VaultServices, found: CompleteBackup, before: ImportProgress): Promise<boolean> {
  try {
    return await keepStarted(services, found, before);
  } catch (error) {
    if (error instanceof BackupNotFoundError) return false;
    throw error;
  }
}

/** An archive is taken for what its bytes are, and takes the place of what was damaged. */
const FROM_OUTSIDE: Omit<Source, 'files' | 'done'> = {
  readsAll: true,
  compared: () => 'bytes',
  isOutside: true,
  refused: invalidArchive,
};

/** The files of an archive, from the next one on. Nothing is opened before they are read. */
function unpacked({ open, size }: GivenArchive, before?: ImportProgress) {
  async function* file() {
    yield* await open(before?.place.file ?? 0);
  }
  const tar = new Unpacked(file(), LARGEST_RATIO * size + SLACK_BYTES, before?.place);
  const { next, place } = before ?? BEGINNING;
  return { tar, files: untar(without(next - place.tar, tar), next) };
}

const BEGINNING = { next: 0, place: { tar: 0 } };

/** The first file. */
async function recordOf(
  files: AsyncGenerator<UnpackedFile, void>,
  manager: Manager,
  now: number,
): Promise<CompleteBackup> {
  const { value: first } = await files.next();
  if (!first?.isFile || first.name !== ARCHIVE.record) throw invalidArchive(`it does not begin with ${ARCHIVE.record}`);
  if (first.size > RECORD_BYTES) throw invalidArchive(`its ${ARCHIVE.record} has ${first.size} bytes`);
  return parsedRecord(Buffer.from(await collected(first.body)).toString('utf8'), manager, now);
}

/** Nothing vouches for a record that comes from outside: what becomes a part of keys and names is checked as if it were asked for. */
const givenRecord = recordSchema.extend({ id: z.uuid(), name: backupName, created_at: z.iso.datetime() });

/** By how much the clocks of those who make backups may differ. */
const CLOCK_MS = 86_400_000;

function parsedRecord(text: string, manager: Manager, now: number): CompleteBackup {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidArchive(`its ${ARCHIVE.record} is not JSON`);
  }
  const found = givenRecord.safeParse(json);
  if (!found.success) {
    const { path, message } = found.error.issues[0]!;
    throw invalidArchive(`its ${ARCHIVE.record} is not that of a backup: ${[...path, message].join(' ')}`);
  }
  if (found.data.account_id !== manager.account_id || found.data.manager_id !== manager.id) {
    throw new ConflictError(`The archive is of another manager than '${manager.id}'`);
  }
  if (Date.parse(found.data.created_at) > now + CLOCK_MS) {
    throw invalidArchive(`its created_at is not over yet: ${found.data.created_at}`);
  }
  // What was made by schedule is kept from then on: somebody has asked for it.
  const { expires_at: _, upload: __, ...rest } = found.data;
  return { ...rest, kind: 'named' };
}
