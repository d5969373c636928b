/** Loads a model into memory: everything between the record and the answer. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { MemoryRoom } from '#domain/memory-room.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { StoredDataError, UnsupportedModelError } from '#domain/vault/errors.ts';
import { type StoredFile, storedFile, type Variant } from '#domain/vault/files.ts';
import type { ManagerRef } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { getRevision, modelNotFound } from '#domain/vault/models.ts';
import { verified } from '#vault/encryption/spool.ts';
import { throttled } from '../guess.ts';
import type { VaultServices } from '../services.ts';
import { collected, factsOf, needsPassword, openFile, openKey, unpack } from './seal.ts';
import { verifiedSignature } from './sign.ts';
import { StoredFiles } from './stored-files.ts';

export interface Loaded {
  readonly model: StoredModel;
  readonly file: StoredFile;
  readonly bytes: Uint8Array;
  readonly cached: boolean;
}

const files = new StoredFiles();

/** Of a file that is loaded, several times its size are in memory. */
const room = new MemoryRoom(32 * 1_048_576);

/** What a body can carry as Base64. */
export const bodyBytes = (uploadBytes: number): number => Math.floor((uploadBytes / 4) * 3);

/** Throws `ModelNotFoundError`, `RevisionNotFoundError`, `WrongPasswordError`, `StoredDataError`, `RateLimitError`. */
export async function loadModel(
  services: VaultServices,
  of: ManagerRef,
  by: Actor,
  wanted: {
    readonly name: string;
    readonly password: string | undefined;
    readonly variant?: Variant;
    /** Default: the present one. */
    readonly revision?: string | undefined;
  },
): Promise<Loaded> {
  const { name, password, variant = 'original', revision } = wanted;
  const { table, blobs } = services.adapters;
  const read = () => getRevision(table, of, name, revision);
  const model = await read();
  const stored = fileOfVariant(model, variant);
  const most = bodyBytes(services.settings.uploadBytes);
  if (stored.size > most) {
    throw new UnsupportedModelError(
      `Model '${name}' has ${stored.size} bytes, of which a response carries at most ${most}`,
      { ...factsOf(model), size_bytes: stored.size, limit_bytes: most },
    );
  }
  const key = await keyOf(services, model, by, password);
  using _ = await room.enter(stored.size);
  try {
    const found = await files.read(blobs.artifacts, stored.blob);
    const bytes = await opened(stored, found.bytes, key);
    verifiedSignature(model);
    return { model, file: stored, bytes, cached: found.hit };
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error;
    // Deleted since its record was read, or the file of a record that is still there is gone.
    const now = await read();
    if (now.revision === model.revision) throw new StoredDataError('The stored file is missing', factsOf(model));
    throw await modelNotFound(table, of, name);
  }
}

/** Throws `UnsupportedModelError` for a version that the model does not have. */
export function fileOfVariant(model: StoredModel, variant: Variant): StoredFile {
  const found = storedFile(model, variant);
  if (found) return found;
  throw new UnsupportedModelError(
    `Model '${model.name}' has no ${variant} version: those are made of ONNX models at a save where the manager has enable_quantization`,
    factsOf(model),
  );
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
  return throttled(services, model, by, open);
}

async function opened(model: StoredFile, stored: Uint8Array, key: Uint8Array | undefined): Promise<Uint8Array> {
  const packed = key === undefined ? plain(model, stored) : await decrypted(model, stored, key);
  const bytes = await unpack({ bytes: packed, compressed: model.compressed }, model.size);
  if (sha256(bytes) !== model.sha256) throw changed(model);
  return bytes;
}

async function decrypted(model: StoredFile, stored: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  const options = { folder: tmpdir(), memoryBytes: stored.length };
  await using file = await verified(openFile(model, chunksOf(stored), key), options);
  // Awaited here: what is returned outlives the file.
  return await collected(file.read());
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function plain(model: StoredFile, stored: Uint8Array): Uint8Array {
  if (sha256(stored) !== model.digests.ciphertext.sha256) throw changed(model);
  return stored;
}

const changed = (model: StoredFile) =>
  new StoredDataError('The stored file is not the one that was stored: its SHA-256 differs', factsOf(model));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
