import { blobKeys } from '#domain/blob-keys.ts';
import { deleteOrphans } from '#domain/orphans.ts';
import type { ManagerRef } from '#domain/vault/manager.ts';
import { deleteVaultRecords } from '#domain/vault/managers.ts';
import type { VaultServices } from '../services.ts';

/** Deletes the files and records of a deleted manager. The note of it stays until then, so the schedule retries. */
export async function deleteVault({ adapters, logger }: VaultServices, of: ManagerRef): Promise<void> {
  const { table, blobs } = adapters;
  try {
    await deleteOrphans(table, blobs.artifacts, 'artifacts', blobKeys.vaultsPrefix(of.account_id, of.vault));
    await deleteVaultRecords(table, of);
  } catch (error) {
    logger.error('a deleted manager is not cleaned up yet', { manager_id: of.id, error: error as Error });
  }
}
