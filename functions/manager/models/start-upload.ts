import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { ModelExistsError } from '#domain/vault/errors.ts';
import { findModel } from '#domain/vault/models.ts';
import { STAGED_SECONDS, stagedModel } from '#domain/vault/staged.ts';
import { type NewVaultUpload, startVaultUpload } from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { newDataKey, wrapWithPlatform } from '#vault/wrapping/wrap.ts';
import { auditFailure, auditSuccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { showUpload, startedUpload } from '../upload-fields.ts';
import { earlyFiles } from './early-files.ts';
import { givenMetadata } from './fields.ts';
import { heldContext } from './held-key.ts';
import { saveFields } from './save.ts';
import { wrapKey } from './seal.ts';
import { messageOf } from './store-followed.ts';
import { unusedPassword } from './unused-password.ts';

const MOST_BYTES = 5_000_000_000;

const { digital_signature: _, signing_key: __, ...startFields } = saveFields;

const body = z
  .strictObject({ ...startFields, file_size: z.int().min(1).max(MOST_BYTES).meta({ example: 524_288_000 }) })
  .meta({ id: 'ModelUploadRequest' });

export const startUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/uploads',
  summary: 'Start to save a model in parts',
  description: `An addition to the document, for models that do not fit into a request. Put each part to its URL, and complete the upload within ${STAGED_SECONDS / 60} minutes. The password is not needed again.`,
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: json(body, { model_name: 'large_classifier_v1.0', file_size: 524_288_000 }) },
  responses: {
    201: {
      description: 'Started',
      schema: startedUpload,
    },
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const { adapters, settings } = services;
    const { table, blobs, keys, now } = adapters;
    const by = actorOf(input);
    const access = { action: 'model_upload', model_name: given.model_name } as const;
    await auditFailure(services, manager, by, access, async () => {
      await reserveBytes(table, manager.account_id, given.file_size, settings.caps);
      if (!given.replace_existing && (await findModel(table, manager, given.model_name))) {
        throw new ModelExistsError(manager.id, given.model_name);
      }
    });
    const revision = newId(now());
    const sealedFor = { accountId: manager.account_id, managerId: manager.id, modelName: given.model_name, revision };
    const key = newDataKey();
    const encryption = manager.config.enable_encryption
      ? {
          algorithm: manager.config.encryption_algorithm,
          ...(await wrapKey(key, sealedFor, manager.config, { password: given.password, keys })),
          sealed_for: sealedFor,
        }
      : undefined;
    const wanted: NewVaultUpload = {
      id: newId(now()),
      file_size: given.file_size,
      revision,
      name: given.model_name,
      metadata: givenMetadata(given.metadata),
      tags: given.tags,
      replace: given.replace_existing,
      ...(encryption && { encryption, held_key: await wrapWithPlatform(key, keys, heldContext(sealedFor)) }),
    };
    const early = earlyFiles.plan(services, manager, given.file_size);
    const sealing = encryption && { key, encryption };
    const message = early?.ofFrames ? await messageOf(sealing) : undefined;
    const started = await startVaultUpload(table, blobs.artifacts, manager, wanted, now(), {
      also: early ? [early.mark] : [],
      message: message?.frames,
    });
    // Who needs it has a copy.
    message?.frames.key.fill(0);
    if (early) {
      const { file: staged } = stagedModel(manager, wanted.id);
      const { id, file_size } = wanted;
      const { upload_id, parts } = started;
      const upload = { id, file_size, upload_id, staged, parts: parts.length, header: message?.header };
      earlyFiles.begin(services, early.place, upload, sealing);
    }
    await auditSuccess(services, manager, by, { ...access, facts: { upload_id: wanted.id } });
    return { status: 201, body: showUpload(wanted.id, started, unusedPassword(manager, given.password)) };
  },
});
