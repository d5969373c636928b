/** Models whose files are not what was stored, and which backup has what was. */
import { keys } from '#domain/keys.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { listBackups } from '#domain/vault/backups.ts';
import { findContent } from '#domain/vault/contents.ts';
import { clearDamage, noteDamage, readDamages } from '#domain/vault/damages.ts';
import { type StoredFile, storedFiles } from '#domain/vault/files.ts';
import { isIntact } from '#domain/vault/intact.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { readNamedModels } from '#domain/vault/models.ts';
import { findSealedCopy, SHARED } from '#domain/vault/sealed-copies.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { opensAlone } from '../backup/opens-alone.ts';
import type { VaultServices } from '../services.ts';

const SAMPLED = 5;
/** Of all files together: a check has to end within a request. */
const HASHED_BYTES = 64 * 1_048_576;

export interface DamagedModel {
  readonly name: string;
  /** The newest backup that has its files and that nobody needs a password for. */
  readonly backup: string | undefined;
}

/**
 * Those that were found to be damaged before and still are, and those of some models, chosen at random, whose stored files
 * have another hash; of what is too large to be read, how large it is.
 */
export async function damagedModels(services: VaultServices, of: Manager): Promise<readonly DamagedModel[]> {
  const { table, blobs, now } = services.adapters;
  const known = new Map((await readDamages(table, of)).map(({ name, revision }) => [name, revision]));
  const { byName } = await readSummaries(table, of);
  const names = [...new Set([...known.keys(), ...sampleOf([...byName.keys()])])];
  const models = await readNamedModels(table, of, names);
  for (const name of known.keys()) {
    if (!models.some((model) => model.name === name)) await clearDamage(table, of, name);
  }
  const damaged: DamagedModel[] = [];
  let left = HASHED_BYTES;
  for (const model of models) {
    let [isWhole, isRead] = [true, true];
    for (const { blob, digests } of storedFiles(model)) {
      const { bytes } = digests.ciphertext;
      isRead &&= bytes <= left;
      if (isRead) left -= bytes;
      isWhole &&= await isIntact(blobs.artifacts, blob, digests.ciphertext, isRead ? 'bytes' : 'size');
    }
    const isKnown = known.get(model.name) === model.revision;
    if (!isWhole || (isKnown && !isRead)) {
      if (!isKnown) await noteDamage(table, of, model, now());
      damaged.push({ name: model.name, backup: await backupOf(services, of, model) });
    } else if (known.has(model.name)) await clearDamage(table, of, model.name);
  }
  return damaged;
}

async function backupOf(services: VaultServices, of: Manager, model: StoredModel): Promise<string | undefined> {
  const { table } = services.adapters;
  for (const backup of (await listBackups(table, of)).filter(opensAlone)) {
    const held = await Promise.all(storedFiles(model).map((file) => holds(services, backup, file)));
    if (held.every((one) => one)) return backup.name;
  }
  return undefined;
}

/** Encrypted in the backup where it is stored plainly, or as it is stored. */
async function holds({ adapters }: VaultServices, backup: CompleteBackup, file: StoredFile): Promise<boolean> {
  const { table, blobs } = adapters;
  const { account_id, manager_id, id } = backup;
  const copy = file.encryption ? undefined : await findSealedCopy(table, backup, SHARED, file.blob);
  for (const { sha256, bytes } of [file.digests.ciphertext, ...(copy ? [copy.digests.ciphertext] : [])]) {
    if (!(await table.get(keys.vaultHeld(account_id, manager_id, id, sha256)))) continue;
    const key = await findContent(table, backup, sha256);
    if (key !== undefined && (await isIntact(blobs.backups, key, { sha256, bytes }, 'size'))) return true;
  }
  return false;
}

function sampleOf(names: readonly string[]): string[] {
  const left = [...names];
  return Array.from(
    { length: Math.min(SAMPLED, left.length) },
    () => left.splice(Math.floor(Math.random() * left.length), 1)[0]!,
  );
}
