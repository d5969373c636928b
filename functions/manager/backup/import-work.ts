/** Adding a backup from an archive whose parts have been uploaded, also after its request. */
import { z } from 'zod';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { listBackups } from '#domain/vault/backups.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { deleteStaged, stagedArchive } from '#domain/vault/staged.ts';
import { endArchiveUpload, findArchiveUpload, uploadNotFound } from '#domain/vault/uploads.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backupSummary, showBackup } from './fields.ts';
import { importArchive } from './import-archive.ts';

const request = z.object({ upload_id: z.string() });

async function run(
  services: VaultServices,
  { manager, by, request: { upload_id: id } }: Asked<z.infer<typeof request>, unknown>,
  _: unknown,
  pace: Pace,
): Promise<z.infer<typeof backupSummary>> {
  const { table, blobs, now } = services.adapters;
  const upload = await findArchiveUpload(table, manager, id, now());
  if (!upload) return addedBefore(services, manager, id);
  await pace.reached({});
  const staged = stagedArchive(manager, id);
  const archive = { bytes: await bytesOf(services, staged.file, id), size: upload.file_size, upload: id };
  const added = await importArchive(services, manager, by, archive).catch(async (error: unknown) => {
    // It was given up, or another completion has added it.
    if (await findArchiveUpload(table, manager, id, now())) throw error;
    throw uploadNotFound(id);
  });
  await endArchiveUpload(table, manager, id);
  await deleteStaged(table, blobs.backups, staged);
  return backupSummary.parse(showBackup(added));
}

/** The backup that it became. Throws `NotFoundError`. */
async function addedBefore({ adapters: { table } }: VaultServices, manager: Manager, id: string) {
  const added = (await listBackups(table, manager)).find(({ upload }) => upload === id);
  if (!added) throw uploadNotFound(id);
  return backupSummary.parse(showBackup(added));
}

async function bytesOf({ adapters: { blobs } }: VaultServices, file: string, id: string) {
  try {
    return (await blobs.backups.get(file)).body;
  } catch (error) {
    throw error instanceof BlobNotFoundError ? uploadNotFound(id) : error;
  }
}

export const importWork = {
  run,
  read: (stored: unknown) => backupSummary.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    return { ...(await run(services, read, progress, pace)) };
  },
};
