/** The key of one model, under another password; or a new key, and its file encrypted anew. */
import { abandonedUnless } from '#domain/abandon.ts';
import { newId } from '#domain/ids.ts';
import { keys as tableKeys } from '#domain/keys.ts';
import { deleteAbandoned, deleteOrphans } from '#domain/orphans.ts';
import { BlobNotFoundError, ConditionFailedError } from '#domain/ports/errors.ts';
import type { Json } from '#domain/ports/table/port.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { filesOf, markRevision, replaceFile, updateModel } from '#domain/vault/change.ts';
import { ModelChangedError, ModelNotFoundError, StoredDataError, WrongPasswordError } from '#domain/vault/errors.ts';
import { fileOf, revisionOf, type StoredFile, storedFile } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { findModel, readRevisions } from '#domain/vault/models.ts';
import { encryptionContext } from '#vault/context.ts';
import { seal } from '#vault/encryption/seal.ts';
import { fileOfVariant } from '../models/load-model.ts';
import { algorithmOf, needsPassword, openFile, openKey, sealFile, wrapKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

export interface Passwords {
  readonly old: string;
  readonly new: string;
}

export interface Rewrapping extends Passwords {
  /** Called once the old password has opened a key, before it is wrapped anew. */
  readonly opened: () => Promise<void>;
}

/** What became of a model; `already`: the new password opened it before; `gone`: it was deleted meanwhile. */
export type Rewrapped = 'rotated' | 'already' | 'skipped' | 'gone';

/** How often to try while the model is changed by others. */
const TRIES = 5;

/** Throws `StoredDataError`. */
export async function rewrapModel(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  listed: StoredModel,
  passwords: Rewrapping,
  newKeys: boolean,
): Promise<Rewrapped> {
  let model: StoredModel | undefined = listed;
  for (let tries = 0; model !== undefined && tries < TRIES; tries += 1) {
    if (!needsPassword(model)) return 'skipped';
    try {
      return await rewrap(services, manager, by, model, passwords, newKeys);
    } catch (error) {
      if (!isOfChange(error)) throw error;
      const now = await findModel(services.adapters.table, manager, listed.name);
      // The file is missing, or damaged, of a model that nobody has changed.
      if (isOfFile(error) && now?.revision === model.revision) throw error;
      model = now;
    }
  }
  return model === undefined ? 'gone' : 'skipped';
}

/** The file of a model that was deleted or replaced meanwhile may be gone before its record is looked at. */
const isOfFile = (error: unknown): boolean => error instanceof BlobNotFoundError || error instanceof StoredDataError;

const isOfChange = (error: unknown): boolean =>
  error instanceof ModelChangedError || error instanceof ModelNotFoundError || isOfFile(error);

async function rewrap(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  model: StoredModel,
  passwords: Rewrapping,
  newKeys: boolean,
): Promise<Rewrapped> {
  const { table, keys, now } = services.adapters;
  const { encryption } = model;
  if (encryption === undefined) return 'skipped';
  const key = await keyUnder(services, model, passwords.old);
  if (key === undefined) return (await keyUnder(services, model, passwords.new)) ? 'already' : 'skipped';
  await passwords.opened();
  const event = { action: 'password_update', model_name: model.name, success: true } as const;
  if (newKeys) {
    await encryptAnew(services, manager, by, model, key, passwords.new);
    return 'rotated';
  }
  const wrapped = await wrapKey(key, encryption.sealed_for, manager.config, { password: passwords.new, keys });
  const set = { encryption: { ...encryption, ...wrapped } };
  await updateModel(table, manager, model, set, { by, event, now });
  return 'rotated';
}

/**
 * The keys of the earlier revisions of a model that are still kept. Their files stay as they are, also where the model gets
 * a new key. Resolves with how many were wrapped anew.
 */
export async function rewrapRevisions(
  services: VaultServices,
  manager: Manager,
  model: StoredModel,
  passwords: Rewrapping & {
    /** Called for one whose key cannot be opened or wrapped for another reason than its password; the others go on. */
    readonly failed: (error: unknown) => void;
  },
): Promise<number> {
  const { table } = services.adapters;
  let wrappedAnew = 0;
  for (const earlier of await readRevisions(table, manager, model.name)) {
    try {
      if (await rewrapRevision(services, manager, earlier, passwords)) wrappedAnew += 1;
    } catch (error) {
      passwords.failed(error);
    }
  }
  return wrappedAnew;
}

async function rewrapRevision(
  services: VaultServices,
  manager: Manager,
  earlier: StoredModel,
  passwords: Rewrapping,
): Promise<boolean> {
  const { table, keys } = services.adapters;
  const { encryption, name, revision } = earlier;
  const key = encryption && needsPassword(earlier) ? await keyUnder(services, earlier, passwords.old) : undefined;
  if (!encryption || !key) return false;
  await passwords.opened();
  const password = passwords.new;
  const wrapped = await wrapKey(key, encryption.sealed_for, manager.config, { password, keys });
  const changed: Json = JSON.parse(JSON.stringify({ ...encryption, ...wrapped }));
  const at = tableKeys.vaultRevision(manager.account_id, manager.vault, name, revision);
  try {
    await table.update(at, { set: { encryption: changed } }, { kind: 'present' });
    return true;
  } catch (error) {
    // Its last day was today.
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

async function keyUnder({ adapters }: VaultServices, model: StoredModel, password: string) {
  const { encryption } = model;
  if (encryption === undefined) return undefined;
  try {
    return await openKey(model, encryption, { password, keys: adapters.keys });
  } catch (error) {
    if (error instanceof WrongPasswordError) return undefined;
    throw error;
  }
}

/** A file under a new key takes the place of the one before, which is deleted: it would open with the old password. */
async function encryptAnew(
  { adapters: { table, blobs, keys, now }, logger }: VaultServices,
  manager: Manager,
  by: Actor,
  model: StoredModel,
  key: Uint8Array,
  password: string,
): Promise<void> {
  const revision = newId(now());
  const place = { account_id: model.account_id, vault: model.vault, revision };
  await markRevision(table, place, now());
  try {
    const plain = async (file: StoredFile) => openFile(file, (await blobs.artifacts.get(file.blob)).body, key);
    const sealedFor = { accountId: model.account_id, managerId: manager.id, modelName: model.name, revision };
    const own = await plain(fileOfVariant(model, 'original'));
    const sealed = await abandonedUnless(own, () => sealFile(own, sealedFor, manager.config, { password, keys }));
    await blobs.artifacts.put(fileOf(place, 'original'), sealed.ciphertext);
    const beside = storedFile(model, 'int8');
    const int8 = model.int8 && beside && { ...model.int8, digests: await again(await plain(beside)) };
    const changed = {
      ...model,
      revision,
      digests: sealed.digests(),
      encryption: sealed.encryption,
      ...(int8 === undefined ? {} : { int8 }),
    };

    async function again(bytes: AsyncIterable<Uint8Array>) {
      const context = encryptionContext({ ...sealedFor, revision: revisionOf(revision, 'int8') });
      const one = seal(bytes, { algorithm: algorithmOf(sealed.encryption), key: sealed.key, context });
      await blobs.artifacts.put(fileOf(place, 'int8'), one.ciphertext);
      return one.digests();
    }
    await replaceFile(table, manager, model, changed, by, now);
  } catch (error) {
    // What seems to have failed may be the model's only file by now.
    await deleteAbandoned(table, blobs.artifacts, 'artifacts', filesOf(place));
    throw error;
  }
  // It stays marked as orphaned until then, so the sweep retries a failure.
  await deleteOrphans(table, blobs.artifacts, 'artifacts', filesOf(model)).catch((error: unknown) =>
    logger.error('the file of a former key is not deleted yet', { error: error as Error }),
  );
}
