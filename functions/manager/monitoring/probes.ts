/** What the health of a manager is measured by. Each probe really does what it says. */
import { randomBytes } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import { newId } from '#domain/ids.ts';
import { deleteOrphans, markOrphaned } from '#domain/orphans.ts';
import { filesOf } from '#domain/vault/change.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { backupDueAt } from '#domain/vault/managers.ts';
import { encryptionContext } from '#vault/context.ts';
import { open } from '#vault/encryption/open.ts';
import { collected, openKey, sealFile } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

const PROBE_BYTES = 1024;
const PROBE_MS = 600_000;

/** Writes a file, reads it back and deletes it. */
export async function probeStorage({ adapters: { table, blobs, now } }: VaultServices, of: Manager): Promise<boolean> {
  const place = { account_id: of.account_id, vault: of.vault, revision: `probe-${newId(now())}` };
  const written = randomBytes(PROBE_BYTES);
  const file = blobKeys.vaultFile(place.account_id, place.vault, place.revision);
  await table.transact([markOrphaned('artifacts', filesOf(place), now() + PROBE_MS)]);
  await blobs.artifacts.put(file, written);
  const { body } = await blobs.artifacts.get(file);
  const read = await collected(body);
  await deleteOrphans(table, blobs.artifacts, 'artifacts', filesOf(place));
  return written.equals(read);
}

/** Encrypts and decrypts as the models of the manager are, and expects a flipped bit to be refused. */
export async function probeEncryption({ adapters: { keys } }: VaultServices, of: Manager): Promise<boolean> {
  const plain = randomBytes(PROBE_BYTES);
  const sealedFor = { accountId: of.account_id, managerId: of.id, modelName: 'probe/', revision: 'probe' };
  const sealed = await sealFile([plain], sealedFor, of.config, { password: undefined, keys });
  const stored = await collected(sealed.ciphertext);
  const key = await openKey(
    { account_id: of.account_id, manager_id: of.id, name: sealedFor.modelName },
    sealed.encryption,
    { password: undefined, keys },
  );
  const sealing = { algorithm: of.config.encryption_algorithm, key, context: encryptionContext(sealedFor) };
  const opened = await collected(open([stored], sealing, sealed.digests()));
  const changed = Buffer.from(stored);
  changed[changed.length - 1]! ^= 1;
  const refused = await collected(open([changed], sealing, sealed.digests())).then(
    () => false,
    () => true,
  );
  return plain.equals(opened) && refused;
}

/**
 * Whether the bucket of backups answers, and the scheduled backup is no later than another interval. Backups that are made
 * at a save, or that somebody asks for, say nothing about the schedule.
 */
export async function probeBackups({ adapters: { table, blobs, now } }: VaultServices, of: Manager): Promise<boolean> {
  await blobs.backups.head(blobKeys.backupManifest(of.account_id, of.id, 'probe'));
  if (!of.config.backup_enabled || of.models === 0) return true;
  const due = await backupDueAt(table, of);
  return due !== undefined && now() - due <= of.config.backup_interval_hours * 3_600_000;
}
