/** Flips a bit in the middle of stored files, behind the vault's back. */
import { blobKeys } from '#domain/blob-keys.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { filesOf } from '#domain/vault/change.ts';
import { getManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import type { VaultWorld } from './world.ts';

async function damage(blobs: Blobs, prefix: string): Promise<void> {
  const found = (await blobs.list(prefix)).blobs;
  if (found.length === 0) throw new Error(`there is nothing to damage below ${prefix}`);
  for (const { key } of found) {
    const bytes = Buffer.concat(await (await blobs.get(key)).body.toArray());
    bytes[bytes.length >> 1]! ^= 1;
    await blobs.put(key, bytes);
  }
}

/** Of all files that the manager's backups hold. */
export const damageContents = ({ platform, accountId }: VaultWorld, manager: string): Promise<void> =>
  damage(platform.store.blobs.backups, blobKeys.backupContentPrefix(accountId, manager, '').slice(0, -1));

/** Of the files of a model. */
export async function damageModel(world: VaultWorld, manager: string, name: string): Promise<void> {
  const { platform, accountId } = world;
  const { table, blobs } = platform.store;
  const of = await getManager(table, accountId, manager);
  await damage(blobs.artifacts, filesOf(await getModel(table, of, name)));
}
