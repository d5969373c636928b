/** Making the archive of a backup where it can be downloaded from, also after its request. */
import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { reserveForAll } from '#domain/installation/storage.ts';
import { archiveName, archiveType } from '#domain/vault/backup.ts';
import { getBackup } from '#domain/vault/backups.ts';
import { deleteStaged, markStaged, STAGED_SECONDS, stagedArchive } from '#domain/vault/staged.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { archiveOf, archiveSize } from './archive.ts';
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

async function run(
  services: VaultServices,
  { manager, request: given }: Asked<z.infer<typeof request>, unknown>,
  _: unknown,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, blobs, now } = services.adapters;
  await pace.reached({});
  const backup = await getBackup(table, manager, given.backup);
  await reserveForAll(table, await archiveSize(services, backup), services.settings.caps);
  const [id, until] = [newId(now()), now() + STAGED_SECONDS * 1000];
  const staged = stagedArchive(manager, id);
  await markStaged(table, staged, now());
  try {
    const archive = new Digesting(archiveOf(services, backup));
    await whileKept(table, backup, () => blobs.backups.put(staged.file, archive, { contentType: archiveType(backup) }));
    const { bytes: size, sha256 } = archive.digest();
    return { id, size, sha256, until, filename: archiveName(backup) };
  } catch (error) {
    await deleteStaged(table, blobs.backups, staged);
    throw error;
  }
}

export const archiveWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    return { ...(await run(services, read, progress, pace)) };
  },
};
