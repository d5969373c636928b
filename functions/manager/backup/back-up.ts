/** Makes backups. A model is backed up as it is stored: nobody needs its password. */
import { DamagedFileError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { BackedUpModel, Backup, BackupKind, CompleteBackup } from '#domain/vault/backup.ts';
import { completeBackup, discardBackup, startBackup, touchBackup } from '#domain/vault/backups.ts';
import { listHeld, releaseContent } from '#domain/vault/contents.ts';
import { BackupExistsError, ModelsNotFoundError, StoredDataError } from '#domain/vault/errors.ts';
import { revisionOf, type StoredFile } from '#domain/vault/files.ts';
import type { Compared } from '#domain/vault/intact.ts';
import { itemOf } from '#domain/vault/item.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { itemOfModel, type StoredModel } from '#domain/vault/model.ts';
import { readModels, readNamedModels, someNames } from '#domain/vault/models.ts';
import { forgetSealedCopies } from '#domain/vault/sealed-copies.ts';
import { readActivated } from '#domain/vault/versions.ts';
import { isRefusal, type Pace, PostponedError } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { holdModel, noteDamaged } from './hold-model.ts';
import { writeManifest } from './manifest.ts';
import type { BackupProgress } from './progress.ts';

export interface NewBackup {
  readonly name: string;
  readonly kind: BackupKind;
  /** Names of models. Default: all. */
  readonly include?: readonly string[] | undefined;
  readonly compress: boolean;
  readonly encrypt: boolean;
  /** Default: the platform's key wraps the backup's key. */
  readonly password?: string | undefined;
}

export interface BackedUp {
  readonly backup: CompleteBackup;
  /** Names that no model has. */
  readonly missing: string[];
  /** Names of models that were left out, since their files are not what was stored. */
  readonly damaged: string[];
  /** Names of models whose own files are damaged: the backup has the copies that another backup had. */
  readonly takenFromBackup: string[];
}

const DAY_MS = 86_400_000;

/** What a backup does by its kind. */
const KINDS: Readonly<Record<BackupKind, { readonly compared: Compared; readonly leavesOutDamaged: boolean }>> = {
  named: { compared: 'bytes', leavesOutDamaged: true },
  // Restore drills read what scheduled backups hold.
  scheduled: { compared: 'size', leavesOutDamaged: true },
  save: { compared: 'size', leavesOutDamaged: false },
  // What it holds is about to be the last copy.
  deletion: { compared: 'bytes', leavesOutDamaged: false },
};

/**
 * Throws `BackupExistsError`, `ModelsNotFoundError` if no model has any of the names, and `StoredDataError` if files are
 * damaged: of all models, or of any where they are about to be deleted.
 */
export async function backUp(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  given: NewBackup,
  { before, pace }: { readonly before?: BackupProgress | undefined; readonly pace?: Pace } = {},
): Promise<BackedUp> {
  const { table, blobs, now } = services.adapters;
  const { models, missing } = await chosen(services, manager, given.include);
  const started: Backup = {
    id: before?.id ?? newId(now()),
    name: given.name,
    account_id: manager.account_id,
    manager_id: manager.id,
    kind: given.kind,
    created_at: before?.created_at ?? isoTime(now()),
    compressed: given.compress,
    ...(given.kind === 'named' ? {} : { expires_at: isoTime(now() + manager.config.backup_retention_days * DAY_MS) }),
  };
  if (before) await touchBackup(table, started, now());
  else await startBackup(table, started, now());
  const { compared, leavesOutDamaged } = KINDS[given.kind];
  const protection = { encrypt: given.encrypt, password: given.password !== undefined, compared };
  try {
    const backedUp: BackedUpModel[] = [];
    const damaged: string[] = [];
    const takenFromBackup: string[] = [];
    for (const [done, model] of models.entries()) {
      const { id, created_at } = started;
      await pace?.reached({ id, created_at, done, total: models.length });
      try {
        const held = await holdModel(services, manager, started, model, protection);
        if (held) backedUp.push(held.one);
        if (held?.damage) {
          takenFromBackup.push(model.name);
          await noteDamaged(services, manager, by, held.one.model, held.damage, true);
        }
      } catch (error) {
        if (!leavesOutDamaged || !isDamage(error) || damaged.length + 1 === models.length) throw error;
        damaged.push(model.name);
        await noteDamaged(services, manager, by, model, error, false);
      }
    }
    // One at a save is of one version, and costs no further read.
    const activated = given.kind === 'save' ? NONE : await readActivated(table, manager);
    const content = {
      version: 1,
      name: given.name,
      manager_id: manager.id,
      created_at: started.created_at,
      models: backedUp.map((one) =>
        itemOf(
          { pk: '', sk: '' },
          {
            ...one,
            ...(activated.has(one.model.name) ? { active: true } : {}),
            model: itemOfModel({ pk: '', sk: '' }, one.model),
          },
        ),
      ),
    };
    const written = await writeManifest(services, started, content, manager.config, {
      encrypt: given.encrypt,
      password: given.password,
    });
    const files = new Map(
      backedUp.flatMap((one) => [one, one.int8 ?? one]).map(({ content, bytes }) => [content, bytes]),
    );
    // Of models that were replaced or deleted since they were listed, or were left out, files may be held as well.
    const isExact = before === undefined && sameModels(models, backedUp);
    if (!isExact) await releaseOthers(services, started, files);
    const bytes = written.digests.ciphertext.bytes + [...files.values()].reduce((sum, size) => sum + size, 0);
    const done: CompleteBackup = {
      ...started,
      complete: { bytes, models: backedUp.length, files: files.size, ...written },
    };
    await completeBackup(table, done, by, now);
    if (protection.password) await forgetSealedCopies(table, done, done.id);
    return { backup: done, missing, damaged, takenFromBackup };
  } catch (error) {
    if (error instanceof PostponedError || (pace?.retries && !isRefusal(error))) throw error;
    // What cannot be cleaned up now, the schedule cleans up later.
    await discardBackup(table, blobs.backups, started, now).catch((left: unknown) =>
      services.logger.error('a failed backup is not cleaned up yet', { error: left as Error }),
    );
    throw error;
  }
}

const NONE: ReadonlySet<string> = new Set();

function sameModels(listed: readonly StoredModel[], backedUp: readonly BackedUpModel[]): boolean {
  return listed.length === backedUp.length && backedUp.every(({ model }, i) => model === listed[i]);
}

async function releaseOthers(
  { adapters: { table, blobs, now } }: VaultServices,
  of: Backup,
  named: ReadonlyMap<string, unknown>,
): Promise<void> {
  for (const sha256 of await listHeld(table, of)) {
    if (!named.has(sha256)) await releaseContent(table, blobs.backups, of, sha256, now());
  }
}

const isDamage = (error: unknown): error is StoredDataError | DamagedFileError =>
  error instanceof StoredDataError || error instanceof DamagedFileError;

async function chosen({ adapters: { table } }: VaultServices, manager: Manager, names: readonly string[] | undefined) {
  if (names === undefined) return { models: await readModels(table, manager), missing: [] };
  const models = await readNamedModels(table, manager, names);
  const missing = [...new Set(names)].filter((name) => !models.some((model) => model.name === name));
  if (models.length === 0 && missing.length > 0) {
    throw new ModelsNotFoundError(manager.id, missing, await someNames(table, manager));
  }
  return { models, missing };
}

/** Under what earlier versions encrypted a file that is stored plainly. */
export const sealedInBackup = (backup: Backup, file: Pick<StoredFile, 'name' | 'variant'>) => ({
  accountId: backup.account_id,
  managerId: backup.manager_id,
  modelName: `backup/${backup.name}/${file.name}`,
  revision: revisionOf(backup.id, file.variant),
});

/** `classifier_v2.1_20250115_103000`, as the document names such backups. */
function backupNameFor(what: string, now: number): string {
  const digits = isoTime(now).replace(/\D/g, '');
  return `${what}_${digits.slice(0, 8)}_${digits.slice(8, 14)}`;
}

/** Runs with a name by the time, and where that is taken once more with a part of an id as well. */
export async function namedByTime<T>(what: string, now: number, run: (name: string) => Promise<T>): Promise<T> {
  const name = backupNameFor(what, now);
  try {
    return await run(name);
  } catch (error) {
    if (!(error instanceof BackupExistsError)) throw error;
    return run(`${name}_${newId(now).slice(-12)}`);
  }
}

/** A backup that nobody has named. */
export async function backUpByTime(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  { what, ...given }: Omit<NewBackup, 'name' | 'compress' | 'encrypt'> & { readonly what: string },
): Promise<BackedUp> {
  const rest = { ...given, compress: true, encrypt: true };
  return namedByTime(what, services.adapters.now(), (name) => backUp(services, manager, by, { ...rest, name }));
}

/** Backs up a model that was just saved. A failure does not fail the save, and is logged. */
export async function backUpSaved(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  saved: StoredModel,
): Promise<boolean> {
  if (!manager.config.backup_enabled) return false;
  try {
    await backUpByTime(services, manager, by, { what: saved.name, kind: 'save', include: [saved.name] });
    return true;
  } catch (error) {
    services.logger.error('a saved model is not backed up yet', { request_id: by.requestId, error: error as Error });
    return false;
  }
}
