/** Loads a model into memory: everything between the record and the answer. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { blobKeys } from '#domain/keys.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { StoredDataError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { ManagerRef } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { getModel, modelNotFound } from '#domain/vault/models.ts';
import { verified } from '#vault/encryption/spool.ts';
import { throttled } from '../guess.ts';
import type { VaultServices } from '../services.ts';
import { collected, factsOf, needsPassword, openFile, openKey, unpack } from './seal.ts';
import { verifiedSignature } from './sign.ts';
import { StoredFiles } from './stored-files.ts';

export interface Loaded {
  readonly model: StoredModel;
  readonly bytes: Uint8Array;
  readonly cached: boolean;
}

const files = new StoredFiles();

/** What a body can carry as Base64. */
export const bodyBytes = (uploadBytes: number): number => Math.floor((uploadBytes / 4) * 3);

/** Throws `ModelNotFoundError`, `WrongPasswordError`, `StoredDataError`, `RateLimitError`. */
export async function loadModel(
  services: VaultServices,
  of: ManagerRef,
  by: Actor,
  { name, password }: { readonly name: string; readonly password: string | undefined },
): Promise<Loaded> {
  const { table, blobs } = services.adapters;
  const model = await getModel(table, of, name);
  const most = bodyBytes(services.settings.uploadBytes);
  if (model.size > most) {
    throw new UnsupportedModelError(
      `Model '${name}' has ${model.size} bytes, of which a response carries at most ${most}`,
      {
        ...factsOf(model),
        size_bytes: model.size,
        limit_bytes: most,
      },
    );
  }
  const key = await keyOf(services, model, by, password);
  try {
    const file = blobKeys.vaultFile(model.account_id, model.vault, model.revision);
    const { bytes: stored, hit } = await files.read(blobs.artifacts, file);
    const bytes = await opened(model, stored, key);
    verifiedSignature(model);
    return { model, bytes, cached: hit };
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error;
    // Deleted since its record was read, or the file of a record that is still there is gone.
    const now = await getModel(table, of, name);
    if (now.revision === model.revision) throw new StoredDataError('The stored file is missing', factsOf(model));
    throw await modelNotFound(table, of, name);
  }
}

/** The key of an encrypted model. Guesses of a password are throttled for each model and address. */
export async function keyOf(
  services: VaultServices,
  model: StoredModel,
  by: Actor,
  password: string | undefined,
): Promise<Uint8Array | undefined> {
  const { encryption } = model;
  if (encryption === undefined) return undefined;
  const open = () => openKey(model, encryption, { password, keys: services.adapters.keys });
  if (!needsPassword(model) || password === undefined) return open();
  return throttled(services, `${model.account_id}#${model.id}`, by, open);
}

async function opened(model: StoredModel, stored: Uint8Array, key: Uint8Array | undefined): Promise<Uint8Array> {
  const packed = key === undefined ? plain(model, stored) : await decrypted(model, stored, key);
  const bytes = await unpack({ bytes: packed, compressed: model.compressed }, model.size);
  if (sha256(bytes) !== model.sha256) throw changed(model);
  return bytes;
}

async function decrypted(model: StoredModel, stored: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  const options = { folder: tmpdir(), memoryBytes: stored.length };
  await using file = await verified(openFile(model, chunksOf(stored), key), options);
  return collected(file.read());
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function plain(model: StoredModel, stored: Uint8Array): Uint8Array {
  if (sha256(stored) !== model.digests.ciphertext.sha256) throw changed(model);
  return stored;
}

const changed = (model: StoredModel) =>
  new StoredDataError('The stored file is not the one that was stored: its SHA-256 differs', factsOf(model));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
