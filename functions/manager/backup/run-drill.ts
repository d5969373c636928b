/** Restores the last backup into a scratch vault and compares every file with what was backed up. */
import { TrainyardError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { keys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { type Actor, appendAudit } from '#domain/vault/audit.ts';
import type { BackedUpModel, CompleteBackup, Manifest } from '#domain/vault/backup.ts';
import { getBackup, listBackups } from '#domain/vault/backups.ts';
import { type Drill, noteDrill, startScratch } from '#domain/vault/drills.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import { storedFiles } from '#domain/vault/files.ts';
import type { Manager, ManagerRef } from '#domain/vault/manager.ts';
import { itemOfModel, type StoredModel } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { deleteVault } from '../managers/delete-vault.ts';
import { plainFile } from '../models/plain-file.ts';
import { needsPassword, openKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { asStored } from './as-stored.ts';
import { openManifest } from './open-manifest.ts';
import { opensAlone } from './opens-alone.ts';
import { restoreFiles } from './restore-models.ts';
import { expectKept } from './while-kept.ts';

export interface DrillWanted {
  /** For so many milliseconds at most. */
  readonly milliseconds: number;
  /** Default: the last backup, of those that have a password where one is given, and otherwise of those that have none. */
  readonly name?: string | undefined;
  readonly password?: string | undefined;
}

/** `undefined` where there is no such backup. Throws `BackupNotFoundError`, `WrongPasswordError`. */
export async function runDrill(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  { milliseconds, name, password }: DrillWanted,
): Promise<Drill | undefined> {
  const { table, now } = services.adapters;
  const last = async () =>
    (await listBackups(table, manager)).find(
      (one) => opensAlone(one) === (password === undefined) && (one.kind === 'named' || one.kind === 'scheduled'),
    );
  const backup = name === undefined ? await last() : await getBackup(table, manager, name);
  const read = (of: CompleteBackup) => openManifest(services, of, by, password);
  const result = backup && (await restoreAll(services, manager, backup, { milliseconds, read }));
  // A backup that was deleted meanwhile is not damaged.
  if (backup && result && result.failed.length > 0) await expectKept(table, backup);
  if (result !== undefined) {
    const facts = { backup: result.backup, restored: result.restored, failed: result.failed.length };
    const event = { action: 'restore_drill', success: result.failed.length === 0, facts } as const;
    await appendAudit(table, manager, by, event, now);
  }
  await noteDrill(table, manager, result, now());
  return result;
}

/** Names that a result has at most. */
const MOST_FAILED = 100;

async function restoreAll(
  services: VaultServices,
  manager: Manager,
  backup: CompleteBackup,
  { milliseconds, read }: { milliseconds: number; read: (of: CompleteBackup) => Promise<Manifest> },
): Promise<Drill> {
  const { table, now } = services.adapters;
  const began = now();
  const done: Drill = { at: isoTime(began), backup: backup.name, restored: 0, left: 0, failed: [], milliseconds: 0 };
  const scratch: ManagerRef = { id: manager.id, account_id: manager.account_id, vault: newId(began) };
  await startScratch(table, scratch, began);
  try {
    const models = shuffled((await read(backup)).models);
    for (const one of models) {
      if (now() - began > milliseconds) {
        done.left += 1;
        continue;
      }
      const reason = await restoredWell(services, scratch, backup, one);
      if (reason === undefined) done.restored += 1;
      else if (done.failed.length < MOST_FAILED) done.failed.push({ model_name: one.model.name, reason });
    }
  } catch (error) {
    if (!(error instanceof StoredDataError)) throw error;
    done.failed.push({ model_name: '', reason: error.message });
  } finally {
    await deleteVault(services, scratch);
  }
  return { ...done, milliseconds: now() - began };
}

/** So that one drill after another comes to every model where there is no time for all. */
function shuffled<T>(all: readonly T[]): T[] {
  const order = all.map((one) => [Math.random(), one] as const).sort(([a], [b]) => a - b);
  return order.map(([, one]) => one);
}

/** Why it could not be restored; `undefined` if it was. */
async function restoredWell(
  services: VaultServices,
  scratch: ManagerRef,
  backup: CompleteBackup,
  one: BackedUpModel,
): Promise<string | undefined> {
  const { table, now } = services.adapters;
  const place = { account_id: scratch.account_id, vault: scratch.vault, revision: newId(now()) };
  try {
    await restoreFiles(services, place, backup, one);
    const restored: StoredModel = { ...one.model, ...place };
    await table.put(itemOfModel(keys.vaultModel(place.account_id, place.vault, restored.name), restored));
    await compare(services, await getModel(table, scratch, restored.name));
    return undefined;
  } catch (error) {
    if (error instanceof TrainyardError && error.status < 500) return error.message;
    throw error;
  }
}

async function compare({ adapters: { blobs, keys: platform } }: VaultServices, model: StoredModel): Promise<void> {
  const { encryption } = model;
  // What only a password opens is compared as it is stored.
  if (needsPassword(model)) {
    for (const file of storedFiles(model)) {
      const { body } = await blobs.artifacts.get(file.blob);
      for await (const _ of asStored(body, file, 'The restored file is not the one that was backed up'));
    }
    return;
  }
  const key = encryption && (await openKey(model, encryption, { password: undefined, keys: platform }));
  for (const file of storedFiles(model)) for await (const _ of await plainFile(blobs.artifacts, file, key));
}
