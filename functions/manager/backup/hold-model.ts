/** A model in a backup: as it is stored, with all its files. */
import type { DamagedFileError } from '#domain/errors.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { type Actor, appendAudit } from '#domain/vault/audit.ts';
import type { BackedUpModel, Backup } from '#domain/vault/backup.ts';
import { noteDamage } from '#domain/vault/damages.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import { type StoredFile, storedFile } from '#domain/vault/files.ts';
import { isIntact } from '#domain/vault/intact.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { fileOfVariant } from '../models/load-model.ts';
import { factsOf, translated } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { holdFile, type Protection } from './hold-file.ts';

export interface HeldModel {
  readonly one: BackedUpModel;
  /** Of a file of the model's own that is damaged or gone: what the backup holds is a copy that another backup had. */
  readonly damage: StoredDataError | undefined;
}

/** The model as it is now; `undefined` if it was deleted since it was listed. Throws `StoredDataError`. */
export async function holdModel(
  services: VaultServices,
  manager: Manager,
  backup: Backup,
  listed: StoredModel,
  protection: Protection,
): Promise<HeldModel | undefined> {
  try {
    return await hold(services, manager, backup, listed, protection);
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error;
    const now = await findModel(services.adapters.table, manager, listed.name);
    if (!now) return undefined;
    try {
      return await hold(services, manager, backup, now, protection);
    } catch (again) {
      throw translated(again, factsOf(now));
    }
  }
}

async function hold(
  services: VaultServices,
  manager: Manager,
  backup: Backup,
  model: StoredModel,
  protection: Protection,
): Promise<HeldModel> {
  const { table, blobs } = services.adapters;
  let isWhole = true;
  const one = async (file: StoredFile) => {
    const { held, isRead } = await holdFile(services, backup, file, protection);
    isWhole &&= isRead || (await isIntact(blobs.artifacts, file.blob, file.digests.ciphertext, protection.compared));
    return held;
  };
  const own = await one(fileOfVariant(model, 'original'));
  const beside = storedFile(model, 'int8');
  const int8 = beside && (await one(beside));
  // What was replaced or deleted since is not damaged.
  const isDamaged = !isWhole && (await findModel(table, manager, model.name))?.revision === model.revision;
  return {
    one: { model, ...own, ...(int8 === undefined ? {} : { int8 }) },
    damage: isDamaged
      ? new StoredDataError('The stored file is damaged; another backup has it', factsOf(model))
      : undefined,
  };
}

/** Notes a damaged model: the other models are backed up all the same. */
export async function noteDamaged(
  { adapters: { table, now }, logger }: VaultServices,
  of: Manager,
  by: Actor,
  model: StoredModel,
  error: StoredDataError | DamagedFileError,
  /** Whether the backup has a copy that another backup had. */
  taken_from_backup: boolean,
): Promise<void> {
  const { name: model_name } = model;
  logger.error('a model of the vault is damaged', { manager_id: of.id, model_name, taken_from_backup, error });
  await noteDamage(table, of, model, now());
  const facts = { taken_from_backup };
  const event = { action: 'backup_create', model_name, success: false, reason: error.code, facts } as const;
  await appendAudit(table, of, by, event, now);
}
