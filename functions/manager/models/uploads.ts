import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { blobKeys, keys as tableKeys } from '#domain/keys.ts';
import { deleteOrphans } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import { filesOf, markRevision, saveModel } from '#domain/vault/change.ts';
import { ModelExistsError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { familyOf, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import {
  getVaultUpload,
  joinParts,
  STAGED_SECONDS,
  stagedFile,
  startVaultUpload,
  type VaultUpload,
} from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { encryptionContext } from '#vault/context.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { seal } from '#vault/encryption/seal.ts';
import { newDataKey, unwrap, wrappedKey, wrapWithPlatform } from '#vault/wrapping/wrap.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import type { FileServices } from '../services.ts';
import { givenMetadata } from './fields.ts';
import { quantized, storeInt8 } from './int8.ts';
import { inspectPickles } from './pickles.ts';
import { savedAnswer, saveFields, showSaved } from './save.ts';
import { algorithmOf, wrapKey } from './seal.ts';
import { type SigningRequest, signatureOf } from './sign.ts';

const MOST_BYTES = 5_000_000_000;

const { digital_signature, signing_key, ...startFields } = saveFields;

const startBody = z
  .strictObject({ ...startFields, file_size: z.int().min(1).max(MOST_BYTES).meta({ example: 524_288_000 }) })
  .meta({ id: 'ModelUploadRequest' });

export const startUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/uploads',
  summary: 'Start to save a model in parts',
  description: `An addition to the document, for models that do not fit into a request. Put each part to its URL, and complete the upload within ${STAGED_SECONDS / 60} minutes. Until then the parts are in the bucket in plain; the password is not needed again.`,
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: {
    path: managerPath,
    body: json(startBody, { model_name: 'large_classifier_v1.0', file_size: 524_288_000 }),
  },
  responses: {
    201: {
      description: 'Started',
      schema: z
        .strictObject({
          upload_id: z.string(),
          part_size: z.int(),
          parts: z.array(z.strictObject({ part: z.int(), url: z.string() })),
          expires_in: z.int().meta({ description: 'Seconds' }),
        })
        .meta({ id: 'ModelUpload' }),
    },
  },
  errors: [409],
  resource: readManager,
  async handler(input, { adapters, settings }) {
    const { resource: manager, body: given } = input;
    const { table, blobs, keys, now } = adapters;
    await reserveBytes(table, manager.account_id, given.file_size, settings.caps);
    if (!given.replace_existing && (await findModel(table, manager, given.model_name))) {
      throw new ModelExistsError(manager.id, given.model_name);
    }
    const revision = newId(now());
    const sealedFor = { accountId: manager.account_id, managerId: manager.id, modelName: given.model_name, revision };
    const key = newDataKey();
    const wanted: Omit<VaultUpload, 'upload_id'> = {
      id: newId(now()),
      file_size: given.file_size,
      revision,
      name: given.model_name,
      metadata: givenMetadata(given.metadata),
      tags: given.tags,
      replace: given.replace_existing,
      ...(manager.config.enable_encryption
        ? {
            encryption: {
              algorithm: manager.config.encryption_algorithm,
              ...(await wrapKey(key, sealedFor, manager.config, { password: given.password, keys })),
              sealed_for: sealedFor,
            },
            held_key: await wrapWithPlatform(key, keys, heldContext(sealedFor)),
          }
        : {}),
    };
    const started = await startVaultUpload(table, blobs.artifacts, manager, wanted, now());
    return {
      status: 201,
      body: { upload_id: wanted.id, part_size: started.partSize, parts: started.parts, expires_in: STAGED_SECONDS },
    };
  },
});

/** A key that is held opens nothing else than the upload that it is held for. */
const heldContext = (of: Parameters<typeof encryptionContext>[0]) => ({
  ...encryptionContext(of),
  'trainyard:upload': 'held key',
});

const completeBody = z
  .strictObject({
    parts: z
      .array(z.strictObject({ part: z.int().min(1).max(10_000), etag: z.string().min(1).max(256) }))
      .min(1)
      .max(10_000),
    digital_signature,
    signing_key,
  })
  .meta({ id: 'ModelUploadCompletion' });

export const completeUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/uploads/{upload_id}/complete',
  summary: 'Save a model whose parts have been uploaded',
  description: 'An addition to the document. The file is encrypted, and what was staged is deleted.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath.extend({ upload_id: z.uuid() }), body: json(completeBody) },
  responses: { 201: { description: 'Saved', schema: savedAnswer } },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, path, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const began = now();
    const upload = await getVaultUpload(table, manager, path.upload_id);
    const access = { action: 'model_save', model_name: upload.name } as const;
    const saved = await auditFailure(services, manager, by, access, async () => {
      await joinParts(blobs.artifacts, manager, upload, given.parts);
      const signing = { sign: given.digital_signature, signingKey: given.signing_key };
      const { stored, warnings } = await storeStaged(services, manager, upload, signing);
      const before = upload.replace ? await findModel(table, manager, upload.name) : undefined;
      const model: StoredModel = {
        ...stored,
        id: before?.id ?? `model_${newId(now())}`,
        created_at: before?.created_at ?? isoTime(now()),
        modified_at: isoTime(now()),
        saved_by: by.userId,
      };
      await saveModel(table, model, { manager, by, now, before });
      return { model, warnings };
    });
    await table.delete(tableKeys.vaultUpload(manager.account_id, manager.vault, upload.id));
    const staged = blobKeys.vaultStagedPrefix(manager.account_id, manager.vault, upload.id);
    await deleteOrphans(table, blobs.artifacts, 'artifacts', staged);
    await recordOperations(table, manager, { saves: 1, save_microseconds: (now() - began) * 1000 });
    return { status: 201, body: showSaved(saved, false) };
  },
});

type Stored = Omit<StoredModel, 'id' | 'created_at' | 'modified_at' | 'saved_by'>;

/** Encrypts the staged file in a stream: in constant memory, however large it is. */
async function storeStaged(
  services: FileServices,
  manager: Manager,
  upload: VaultUpload,
  signing: SigningRequest,
): Promise<{ readonly stored: Stored; readonly warnings: readonly string[] }> {
  const { adapters, logger } = services;
  const { table, blobs, keys, now } = adapters;
  const { artifacts } = blobs;
  const file = stagedFile(manager, upload.id);
  const pickle = await inspectPickles(
    {
      size: upload.file_size,
      read: async (start, end) =>
        end <= start
          ? new Uint8Array()
          : Buffer.concat(await (await artifacts.get(file, { start, end: end - 1 })).body.toArray()),
    },
    manager,
    upload.name,
  );
  const place = { account_id: manager.account_id, vault: manager.vault, revision: upload.revision };
  await markRevision(table, place, now());
  try {
    const { body } = await artifacts.get(file);
    const target = blobKeys.vaultFile(place.account_id, place.vault, place.revision);
    const sealing = await sealingOf();
    const digests = await writeFile(body, sealing, (bytes) => artifacts.put(target, bytes));
    const { sha256, bytes: size } = digests.plaintext;
    const signature = await signatureOf(keys, signing, { name: upload.name, sha256 });
    const whole = async () => Buffer.concat(await (await artifacts.get(file)).body.toArray());
    const { version, warning } = await quantized(services, manager, size, whole);
    const stored: Stored = {
      ...place,
      name: upload.name,
      manager_id: manager.id,
      family: familyOf(upload.name).family,
      version: versionOf(upload.name, upload.metadata),
      metadata: upload.metadata,
      tags: upload.tags,
      size,
      sha256,
      compressed: false,
      digests,
      ...(upload.encryption === undefined ? {} : { encryption: upload.encryption }),
      ...(signature === undefined ? {} : { signature }),
      ...(pickle === undefined ? {} : { pickle }),
      ...(version === undefined ? {} : { int8: await storeInt8(artifacts, place, version, sealing) }),
    };
    return { stored, warnings: warning === undefined ? [] : [warning] };
  } catch (error) {
    await deleteOrphans(table, artifacts, 'artifacts', filesOf(place)).catch((undeleted: unknown) =>
      logger.error('files not deleted yet', { error: undeleted as Error }),
    );
    throw error;
  }

  async function sealingOf() {
    const { encryption } = upload;
    if (encryption === undefined) return undefined;
    const held = wrappedKey.parse(upload.held_key);
    return { key: await unwrap(held, { keys }, heldContext(encryption.sealed_for)), encryption };
  }

  async function writeFile(
    body: AsyncIterable<Uint8Array>,
    sealing: Awaited<ReturnType<typeof sealingOf>>,
    put: (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>,
  ) {
    if (sealing === undefined) {
      const plain = new Digesting(body);
      await put(plain);
      return { plaintext: plain.digest(), ciphertext: plain.digest() };
    }
    const { key, encryption } = sealing;
    const context = encryptionContext(encryption.sealed_for);
    const sealed = seal(body, { algorithm: algorithmOf(encryption), key, context });
    await put(sealed.ciphertext);
    return sealed.digests();
  }
}
