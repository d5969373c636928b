/** Restores models from a backup: each one as a new revision, under its own key as before. */
import { newId } from '#domain/ids.ts';
import { deleteAbandoned } from '#domain/orphans.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { BackedUpFile, BackedUpModel, CompleteBackup } from '#domain/vault/backup.ts';
import { filesOf, markRevision, saveModel } from '#domain/vault/change.ts';
import { findContent } from '#domain/vault/contents.ts';
import { ModelsNotFoundError, StoredDataError } from '#domain/vault/errors.ts';
import { fileOf, type StoredFile, storedFiles } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { encryptionContext } from '#vault/context.ts';
import { open } from '#vault/encryption/open.ts';
import { expectSafe } from '../models/pickles.ts';
import { factsOf, translated } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { asStored } from './as-stored.ts';
import { sealedInBackup } from './back-up.ts';
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
    const skips = there !== undefined && !overwrite;
    if (!skips && dryRun) await expectFiles(services, from.backup, one);
    else if (!skips) await restore(services, manager, by, from, one, there);
    outcomes += skips ? SKIPPED : RESTORED;
  }
  const named = (outcome: string) => wanted.filter((_, i) => outcomes[i] === outcome).map(({ model }) => model.name);
  return { restored: named(RESTORED), skipped: named(SKIPPED), missing };
}

const RESTORED = 'r';
const SKIPPED = 's';

/** How far a restore is: a letter for each wanted model of the manifest, in order. */
interface Place {
  readonly outcomes: string;
  readonly reached: (outcomes: string, total: number) => Promise<void>;
}

const FROM_THE_BEGINNING: Place = { outcomes: '', reached: async () => undefined };

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

/** The files of a model are there, as far as can be said without reading them. Throws `StoredDataError`. */
async function expectFiles({ adapters, logger }: VaultServices, backup: CompleteBackup, one: BackedUpModel) {
  for (const { content, bytes } of [one, ...(one.int8 ? [one.int8] : [])]) {
    const key = await findContent(adapters.table, backup, content);
    await fromEither(adapters, logger, async (backups) => {
      const there = key !== undefined && (await backups.head(key))?.size === bytes;
      if (!there) throw new StoredDataError('A file of the backup is missing', factsOf(one.model));
    });
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
  await markRevision(table, place, now());
  try {
    await restoreFiles(services, place, backup, one);
    const model = manifest.isOwn ? restored : await inspectRestored(services, manager, restored);
    await saveModel(table, model, { manager, by, now, before, action: 'model_restore' });
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

/** The bytes as the vault stores them. Their end throws `StoredDataError` if they are not those that were backed up. */
async function contentOf(
  table: Table,
  backups: BlobsWithoutUrls,
  backup: CompleteBackup,
  model: StoredFile,
  { content, sealed }: BackedUpFile,
): Promise<AsyncIterable<Uint8Array>> {
  const file = await findContent(table, backup, content);
  if (file === undefined) throw new StoredDataError('A file of the backup is missing', factsOf(model));
  try {
    const { body } = await backups.get(file);
    if (sealed === undefined) return checked(body, model);
    const key = Buffer.from(sealed.key, 'base64');
    const context = encryptionContext(sealed.sealed_for ?? sealedInBackup(backup, model));
    return checked(open(body, { algorithm: 'AES-256-GCM', key, context }, sealed.digests), model);
  } catch (error) {
    if (error instanceof BlobNotFoundError)
      throw new StoredDataError('A file of the backup is missing', factsOf(model));
    throw error;
  }
}

const checked = (body: AsyncIterable<Uint8Array>, file: StoredFile) =>
  asStored(body, file, 'A file of the backup is not the one that was backed up');
