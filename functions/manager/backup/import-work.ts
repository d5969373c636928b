/** Adding a backup from an archive whose parts have been uploaded, also after its request. */
import { z } from 'zod';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Json } from '#domain/ports/table/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { discardBackup, listBackups } from '#domain/vault/backups.ts';
import { extendUpload } from '#domain/vault/ended-uploads.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { deleteStaged, stagedArchive } from '#domain/vault/staged.ts';
import { findUnfinished } from '#domain/vault/unfinished-backups.ts';
import { endArchiveUpload, findArchiveUpload, uploadNotFound } from '#domain/vault/uploads.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backupSummary, showBackup } from './fields.ts';
import { type ImportProgress, importArchive, importProgress } from './import-archive.ts';

const request = z.object({ upload_id: z.string() });

async function run(
  services: VaultServices,
  { manager, by, request: { upload_id: id } }: Asked<z.infer<typeof request>, unknown>,
  before: ImportProgress | undefined,
  pace: Pace,
): Promise<z.infer<typeof backupSummary>> {
  const { table, blobs, now } = services.adapters;
  const upload = await findArchiveUpload(table, manager, id, now());
  if (!upload) return addedBefore(services, manager, id, before);
  // A job begins at once, so that each of its turns gets further.
  if (!pace.retries) await pace.reached({});
  const staged = stagedArchive(manager, id);
  const renew = () => extendUpload(table, manager, { id, kind: 'archive' }, now());
  if (pace.retries) await renew();
  let reached = before;
  const noted = {
    ...pace,
    reached: (progress: Json) => {
      reached = importProgress.parse(progress);
      return pace.reached(progress);
    },
  };
  const open = (from: number) => bytesOf(services, staged.file, id, from);
  const archive = { open, size: upload.file_size, upload: id, renew };
  let added: CompleteBackup;
  try {
    added = await importArchive(services, manager, by, archive, { before, pace: noted });
  } catch (error) {
    if (await findArchiveUpload(table, manager, id, now())) throw error;
    // It was given up, or another completion has added it.
    return addedBefore(services, manager, id, reached);
  }
  await endArchiveUpload(table, manager, id);
  await deleteStaged(table, blobs.backups, staged);
  return backupSummary.parse(showBackup(added));
}

/** What there is of the backup of an upload that was given up. */
async function discardGivenUp(
  { adapters: { table, blobs, now } }: VaultServices,
  manager: Manager,
  id: string,
  reached: ImportProgress | undefined,
): Promise<void> {
  const started = reached && (await findUnfinished(table, manager, reached.backup_name, now()));
  if (started?.backup.upload === id) await discardBackup(table, blobs.backups, started.backup, now);
}

/** The backup that it became. Throws `NotFoundError`. */
async function addedBefore(services: VaultServices, manager: Manager, id: string, before: ImportProgress | undefined) {
  const added = (await listBackups(services.adapters.table, manager)).find(({ upload }) => upload === id);
  if (!added) {
    await discardGivenUp(services, manager, id, before);
    throw uploadNotFound(id);
  }
  return backupSummary.parse(showBackup(added));
}

async function bytesOf({ adapters: { blobs } }: VaultServices, file: string, id: string, start: number) {
  try {
    return (await blobs.backups.get(file, start > 0 ? { start } : undefined)).body;
  } catch (error) {
    throw error instanceof BlobNotFoundError ? uploadNotFound(id) : error;
  }
}

export const importWork = {
  run,
  read: (stored: unknown) => backupSummary.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    return { ...(await run(services, read, importProgress.safeParse(progress).data, pace)) };
  },
};
