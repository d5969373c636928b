/** Making the archive of a backup where it can be downloaded from, also after its request, in as many turns as it takes. */
import { z } from 'zod';
import { InternalError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { reserveForAll } from '#domain/installation/storage.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { InvalidUploadError, NoSuchUploadError } from '#domain/ports/errors.ts';
import { archiveName, archiveType, type CompleteBackup } from '#domain/vault/backup.ts';
import { findBackup, getBackup } from '#domain/vault/backups.ts';
import { BackupDeletedError } from '#domain/vault/errors.ts';
import { deleteStaged, markStaged, STAGED_SECONDS, type Staged, stagedArchive } from '#domain/vault/staged.ts';
import { resumableHash } from '#learning/files/resumable-hash.ts';
import { type Asked, isRefusal, type Pace, PostponedError } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { archivePieces, archiveSize } from './archive.ts';
import { archiveParts, archivePosition, BEGINNING } from './archive-parts.ts';
import { whileKept } from './while-kept.ts';

const request = z.object({ backup: z.string() });

const result = z.object({
  /** What was staged. */
  id: z.string(),
  size: z.int(),
  sha256: z.string(),
  /** Epoch milliseconds. */
  until: z.int(),
  /** Results of earlier versions have none. */
  filename: z.string().exactOptional(),
});

/** How far it is, as long as there is something of it. */
const archiveProgress = z.object({
  /** What is staged, and the bucket's id of the upload that it comes in. */
  id: z.string(),
  upload_id: z.string(),
  /** Of the backup: another one may get its name meanwhile. */
  backup_id: z.string(),
  at: archivePosition,
  /** The hash of what was put, as it is stored before its end. */
  hashed: z.base64().exactOptional(),
});
type ArchiveProgress = z.infer<typeof archiveProgress>;

/** What an earlier version has begun, whose parts are of several members of gzip. */
const earlierProgress = archiveProgress.pick({ id: true, upload_id: true });

async function run(
  services: VaultServices,
  asked: Asked<z.infer<typeof request>, unknown>,
  before: ArchiveProgress | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { manager } = asked;
  const { table } = services.adapters;
  const name = asked.request.backup;
  if (!before) {
    const backup = await getBackup(table, manager, name);
    // A job begins at once, so that each of its turns gets further.
    if (!pace.retries) await pace.reached({});
    await reserveForAll(table, await archiveSize(services, backup), services.settings.caps);
    return begun(services, asked, backup, pace);
  }
  const backup = await findBackup(table, manager, name);
  if (backup?.id !== before.backup_id) {
    await giveUp(services, stagedArchive(manager, before.id), before.upload_id);
    throw new BackupDeletedError(manager.id, name);
  }
  try {
    return await goOn(services, asked, backup, before, pace);
  } catch (error) {
    if (!(error instanceof NoSuchUploadError)) throw error;
    // A process that died had joined its parts, or it has waited for days: what there is has no known hash.
    await deleteStaged(table, services.adapters.blobs.backups, stagedArchive(manager, before.id));
    return begun(services, asked, backup, pace);
  }
}

async function begun(
  services: VaultServices,
  asked: Asked<unknown, unknown>,
  backup: CompleteBackup,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, blobs, now } = services.adapters;
  const id = newId(now());
  const staged = stagedArchive(asked.manager, id);
  await markStaged(table, staged, now());
  const upload_id = await blobs.backups.startUpload(staged.file, { contentType: archiveType(backup) });
  return goOn(services, asked, backup, { id, upload_id, backup_id: backup.id, at: BEGINNING }, pace);
}

async function goOn(
  services: VaultServices,
  { manager }: Asked<unknown, unknown>,
  backup: CompleteBackup,
  before: ArchiveProgress,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, blobs, now } = services.adapters;
  const { id, upload_id } = before;
  const staged = stagedArchive(manager, id);
  try {
    // A turn is shorter than what is staged stays.
    await markStaged(table, staged, now());
    const { at, sha256 } = await whileKept(table, backup, () => putParts(services, staged, backup, before, pace));
    const end = now();
    await markStaged(table, staged, end);
    await join(blobs.backups, staged, upload_id, at);
    const until = end + STAGED_SECONDS * 1000;
    return { id, size: at.bytes, sha256, until, filename: archiveName(backup) };
  } catch (error) {
    const isTriedAgain = pace.retries && !isRefusal(error);
    if (!(error instanceof PostponedError) && !isTriedAgain) await giveUp(services, staged, upload_id);
    throw error;
  }
}

/** One part is on its way while the next is read. At least one is put in a turn. */
async function putParts(
  services: VaultServices,
  { file }: Staged,
  backup: CompleteBackup,
  before: ArchiveProgress,
  pace: Pace,
) {
  const { upload_id } = before;
  const { backups } = services.adapters.blobs;
  const hash = await resumableHash(before.hashed === undefined ? undefined : Buffer.from(before.hashed, 'base64'));
  let done = before;
  let sending: Promise<ArchiveProgress> | undefined;
  try {
    for await (const { bytes, after } of archiveParts(archivePieces(services, backup, before.at), before.at)) {
      if (sending) {
        done = await sending;
        sending = undefined;
        await pace.reached(done);
      }
      hash.update(bytes);
      const next = { ...before, at: after, hashed: Buffer.from(hash.save()).toString('base64') };
      sending = backups.putPart(file, upload_id, after.parts, bytes).then(() => next);
      // It is awaited later.
      sending.catch(() => undefined);
    }
    if (sending) done = await sending;
  } finally {
    await sending?.catch(() => undefined);
  }
  return { at: done.at, sha256: hash.hex() };
}

/** All parts that it has: which they are is too much for the record of a job. */
async function join(backups: Blobs, { file }: Staged, upload_id: string, at: ArchiveProgress['at']): Promise<void> {
  const put = (await backups.listParts(file, upload_id)).filter(({ part }) => part <= at.parts);
  const bytes = put.reduce((sum, { size }) => sum + size, 0);
  if (put.length !== at.parts || bytes !== at.bytes) {
    throw new InternalError(
      `an archive has ${put.length} parts of ${bytes} bytes; expected ${at.parts} of ${at.bytes}`,
    );
  }
  await backups.completeUpload(file, upload_id, put);
}

async function giveUp({ adapters: { table, blobs } }: VaultServices, staged: Staged, upload_id: string): Promise<void> {
  await blobs.backups.abortUpload(staged.file, upload_id).catch((error: unknown) => {
    if (!(error instanceof InvalidUploadError)) throw error;
  });
  await deleteStaged(table, blobs.backups, staged);
}

export const archiveWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    const before = archiveProgress.safeParse(progress).data;
    const earlier = before ? undefined : earlierProgress.safeParse(progress).data;
    if (earlier) await giveUp(services, stagedArchive(asked.manager, earlier.id), earlier.upload_id);
    return { ...(await run(services, read, before, pace)) };
  },
};
