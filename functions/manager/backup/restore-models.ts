/** Restores models from a backup: each one as a new revision, under its own key as before. */
import { newId } from '#domain/ids.ts';
import { reserveBytes, roomFor } from '#domain/installation/storage.ts';
import { deleteAbandoned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { BackedUpModel, CompleteBackup } from '#domain/vault/backup.ts';
import { filesOf, markRevision, saveModel } from '#domain/vault/change.ts';
import { ModelChangedError, ModelExistsError, ModelsNotFoundError, StoredDataError } from '#domain/vault/errors.ts';
import { fileOf, storedFiles } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { activateRestored } from '#domain/vault/versions.ts';
import { expectSafe } from '../models/pickles.ts';
import { factsOf, needsPassword, translated } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { compareFiles } from './compare-files.ts';
import { contentOf } from './content-of.ts';
import { fromEither } from './either-location.ts';
import { doubted, inspectRestored } from './inspect-restored.ts';
import type { OpenedManifest } from './manifest.ts';

export interface Restoring {
  readonly names: readonly string[] | undefined;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

export interface Restored {
  readonly restored: string[];
  /** Those that exist, and were not to be overwritten. */
  readonly skipped: string[];
  readonly missing: string[];
  /** Those of a dry run that only a password of their own opens: compared as they are stored. */
  readonly as_stored: string[];
}

/** Throws `ModelsNotFoundError` if the backup has none of the names, `UnsafeArtifactError`, and `StoredDataError`. */
export async function restoreModels(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  from: { readonly backup: CompleteBackup; readonly manifest: OpenedManifest },
  { names, overwrite, dryRun }: Restoring,
  { outcomes: before, reached }: Place = FROM_THE_BEGINNING,
): Promise<Restored> {
  const { models, isOwn } = from.manifest;
  const wanted = models
    .filter(({ model }) => names === undefined || names.includes(model.name))
    .map((one) => (isOwn ? one : { ...one, model: doubted(one.model) }));
  const missing = [...new Set(names ?? [])].filter((name) => !wanted.some(({ model }) => model.name === name));
  if (wanted.length === 0 && missing.length > 0) {
    throw new ModelsNotFoundError(
      manager.id,
      missing,
      models.slice(0, 20).map(({ model }) => model.name),
    );
  }
  await expectAllSafe(services, manager, wanted.slice(before.length), overwrite);
  let outcomes = before;
  for (const one of wanted.slice(before.length)) {
    await reached(outcomes, wanted.length);
    const there = await findModel(services.adapters.table, manager, one.model.name);
    if (there !== undefined && !overwrite) outcomes += SKIPPED;
    else if (dryRun) {
      await compareFiles(services, from.backup, one);
      outcomes += RESTORED;
    } else outcomes += await restoreUnlessThere(services, manager, by, from, one, { there, overwrite });
  }
  if (!dryRun) await activateAgain(services, manager, by, wanted, outcomes);
  const of = (outcome: string) => wanted.map(({ model }) => model).filter((_, i) => outcomes[i] === outcome);
  const named = (outcome: string) => of(outcome).map(({ name }) => name);
  const locked = dryRun ? of(RESTORED).filter(needsPassword) : [];
  const asStored = locked.map(({ name }) => name);
  return { restored: named(RESTORED), skipped: named(SKIPPED), missing, as_stored: asStored };
}

const RESTORED = 'r';
const SKIPPED = 's';

/** How far a restore is: a letter for each wanted model of the manifest, in order. */
interface Place {
  readonly outcomes: string;
  readonly reached: (outcomes: string, total: number) => Promise<void>;
}

const FROM_THE_BEGINNING: Place = { outcomes: '', reached: async () => undefined };

/** The versions that were active, where the manager has no others of their families than those of the backup. */
async function activateAgain(
  { adapters: { table, now } }: VaultServices,
  manager: Manager,
  by: Actor,
  wanted: readonly BackedUpModel[],
  outcomes: string,
): Promise<void> {
  const names = new Set(wanted.filter((_, i) => outcomes[i] === RESTORED).map(({ model }) => model.name));
  for (const { model, active } of wanted) {
    if (active && names.has(model.name)) await activateRestored(table, manager, model, names, by, now);
  }
}

/** Before anything is restored: a manager that blocks unsafe models may be another one than they were saved in. */
async function expectAllSafe(
  { adapters: { table } }: VaultServices,
  manager: Manager,
  wanted: readonly BackedUpModel[],
  overwrite: boolean,
): Promise<void> {
  if (!manager.config.block_unsafe_artifacts) return;
  for (const { model } of wanted) {
    if (model.pickle === undefined) continue;
    const skips = !overwrite && (await findModel(table, manager, model.name)) !== undefined;
    if (!skips) expectSafe(model.pickle, manager, model.name);
  }
}

/** A model of that name may be saved or restored in the meantime. Throws `ModelChangedError` if it is to be overwritten. */
async function restoreUnlessThere(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  from: Parameters<typeof restore>[3],
  one: BackedUpModel,
  { there, overwrite }: { readonly there: StoredModel | undefined; readonly overwrite: boolean },
): Promise<string> {
  try {
    await restore(services, manager, by, from, one, there);
    return RESTORED;
  } catch (error) {
    if (!(error instanceof ModelExistsError)) throw error;
    if (overwrite) throw new ModelChangedError(manager.id, one.model.name);
    return SKIPPED;
  }
}

async function restore(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  { backup, manifest }: { readonly backup: CompleteBackup; readonly manifest: OpenedManifest },
  one: BackedUpModel,
  before: StoredModel | undefined,
): Promise<void> {
  const { table, blobs, now } = services.adapters;
  const revision = newId(now());
  const place = { account_id: manager.account_id, vault: manager.vault, revision };
  const restored: StoredModel = {
    ...one.model,
    ...place,
    manager_id: manager.id,
    modified_at: isoTime(now()),
    saved_by: by.userId,
  };
  await reserveBytes(table, manager.account_id, one.model.size, services.settings.caps);
  await markRevision(table, place, now());
  try {
    await restoreFiles(services, place, backup, one);
    const model = manifest.isOwn ? restored : await inspectRestored(services, manager, restored);
    const room = roomFor(table, manager.account_id, model.size, services.settings.caps);
    await saveModel(table, model, { manager, by, now, before, action: 'model_restore', room });
  } catch (error) {
    await deleteAbandoned(table, blobs.artifacts, 'artifacts', filesOf(place));
    throw translated(error, factsOf(one.model));
  }
}

/** Writes the files of a model to where a revision has them. Throws `StoredDataError`. */
export async function restoreFiles(
  { adapters, logger }: VaultServices,
  place: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>,
  backup: CompleteBackup,
  one: BackedUpModel,
): Promise<void> {
  for (const file of storedFiles(one.model)) {
    const content = file.variant === 'original' ? one : one.int8;
    if (content === undefined) throw new StoredDataError('A file of the backup is missing', factsOf(one.model));
    const { table, blobs } = adapters;
    await fromEither(adapters, logger, async (backups) => {
      try {
        const bytes = await contentOf(table, backups, backup, file, content);
        await blobs.artifacts.put(fileOf(place, file.variant), bytes);
      } catch (error) {
        throw translated(error, factsOf(one.model));
      }
    });
  }
}
