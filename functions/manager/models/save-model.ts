/** Saves a model that is in memory: everything between the request and the record. */
import { createHash } from 'node:crypto';
import { newId } from '#domain/ids.ts';
import { roomFor } from '#domain/installation/storage.ts';
import { deleteAbandoned } from '#domain/orphans.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { isoTime } from '#domain/times.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { filesOf, markRevision, saveModel as writeModel } from '#domain/vault/change.ts';
import { ModelExistsError } from '#domain/vault/errors.ts';
import { fileOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { familyOf, type Metadata, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { JobServices } from '../services.ts';
import { type Quantization, quantized, storeInt8 } from './int8.ts';
import { inspectPickles } from './pickles.ts';
import { newSealing, pack, type Sealing, sealUnder } from './seal.ts';
import { type SigningRequest, signatureOf } from './sign.ts';
import { unusedPassword } from './unused-password.ts';

export interface NewModel extends SigningRequest {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly password: string | undefined;
  readonly metadata: Metadata;
  readonly tags: readonly string[];
  readonly replace: boolean;
}

export interface Saved {
  readonly model: StoredModel;
  readonly warnings: readonly string[];
}

/** Throws `ModelExistsError`, `ModelChangedError`, `UnsafeArtifactError`. */
export async function saveModel(services: JobServices, manager: Manager, by: Actor, given: NewModel): Promise<Saved> {
  const { table, blobs, now } = services.adapters;
  const before = await findModel(table, manager, given.name);
  if (before && !given.replace) throw new ModelExistsError(manager.id, given.name);
  const pickle = await inspectPickles(given.bytes, manager, given.name);
  const sha256 = createHash('sha256').update(given.bytes).digest('hex');
  const signature = await signatureOf(services.adapters.keys, given, { name: given.name, sha256 });
  const int8 = await quantized(services, manager, given.bytes.length, () => given.bytes);

  const revision = newId(now());
  const place = { account_id: manager.account_id, vault: manager.vault, revision };
  const sealedFor = { accountId: manager.account_id, managerId: manager.id, modelName: given.name, revision };
  const secrets = { password: given.password, keys: services.adapters.keys };
  // Before anything is written: whoever has too many keys derived is refused.
  const sealing = manager.config.enable_encryption ? await newSealing(sealedFor, manager.config, secrets) : undefined;
  await markRevision(table, place, now());
  try {
    const stored = await store(blobs.artifacts, place, given, int8, sealing);
    const at = isoTime(now());
    const saved: StoredModel = {
      ...place,
      ...stored,
      id: before?.id ?? `model_${newId(now())}`,
      name: given.name,
      manager_id: manager.id,
      family: familyOf(given.name).family,
      version: versionOf(given.name, given.metadata),
      metadata: given.metadata,
      tags: [...given.tags],
      size: given.bytes.length,
      sha256,
      ...(signature === undefined ? {} : { signature }),
      ...(pickle === undefined ? {} : { pickle }),
      created_at: before?.created_at ?? at,
      modified_at: at,
      saved_by: by.userId,
    };
    const room = roomFor(table, manager.account_id, saved.size, services.settings.caps);
    await writeModel(table, saved, { manager, by, now, before, room });
    const warnings = [
      ...unusedPassword(manager, given.password),
      ...(int8.warning === undefined ? [] : [int8.warning]),
    ];
    return { model: saved, warnings };
  } catch (error) {
    // Whatever goes wrong here, the mark lets the sweep delete the file.
    await deleteAbandoned(table, blobs.artifacts, 'artifacts', filesOf(place)).catch((undeleted: unknown) =>
      services.logger.error('files not deleted yet', { error: undeleted as Error }),
    );
    throw error;
  }
}

async function store(
  artifacts: Blobs,
  place: Parameters<typeof fileOf>[0],
  given: NewModel,
  { version }: Quantization,
  sealing: Sealing | undefined,
) {
  const { bytes, compressed } = await pack(given.bytes);
  const file = fileOf(place, 'original');
  const beside = async () =>
    version === undefined ? {} : { int8: await storeInt8(artifacts, place, version, sealing) };
  if (sealing === undefined) {
    const plain = new Digesting([bytes]);
    await artifacts.put(file, plain);
    const digest = plain.digest();
    const digests = { plaintext: digest, ciphertext: digest };
    return { compressed, digests, ...(await beside()) };
  }
  const sealed = sealUnder([bytes], sealing);
  await artifacts.put(file, sealed.ciphertext);
  return { compressed, digests: sealed.digests(), encryption: sealing.encryption, ...(await beside()) };
}
