import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { blobKeys } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';
import { deleteOrphans } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { recordAccess, recordOperations } from '#domain/vault/accesses.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getModel } from '#domain/vault/models.ts';
import { markStaged, STAGED_SECONDS, stagedFile } from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, password, readManager, tags, time } from '../fields.ts';
import type { VaultServices } from '../services.ts';
import { variant } from './fields.ts';
import { fileOfVariant, keyOf } from './load-model.ts';
import { plainFile } from './plain-file.ts';
import { factsOf, translated } from './seal.ts';
import { verifiedSignature } from './sign.ts';

const body = z
  .strictObject({
    model_name: z.string().min(1).max(LIMITS.vault.name).meta({ example: 'classifier_v2.1' }),
    password: password.optional(),
    variant,
  })
  .meta({ id: 'ModelDownloadRequest' });

export const download = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/download',
  summary: 'Get a URL from which a model of any size is downloaded',
  description: `An addition to the document. The file is decrypted and verified to its end before there is a URL; it is then in the bucket in plain for ${STAGED_SECONDS / 60} minutes.`,
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    200: {
      description: 'The URL',
      schema: z
        .strictObject({
          model_name: z.string(),
          download_url: z.string().meta({ description: 'Takes ranges, so that it can be fetched in parts' }),
          size_bytes: z.int(),
          hash: z.string().meta({ description: 'SHA-256 of the file, in hexadecimal' }),
          expires_at: time,
        })
        .meta({ id: 'ModelDownload' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const began = now();
    const access = { action: 'model_download', model_name: given.model_name } as const;
    const { model, file, staged } = await auditAccess(services, of, by, access, async () => {
      const model = await getModel(table, of, given.model_name);
      const key = await keyOf(services, model, by, given.password);
      verifiedSignature(model);
      const file = fileOfVariant(model, given.variant);
      return { model, file, staged: await stage(services, of, file, key) };
    });
    const options = { expiresInSeconds: STAGED_SECONDS, filename: model.name };
    const download_url = await blobs.artifacts.presignGet(staged, options);
    await recordAccess(table, of, model.name, isoTime(now()));
    await recordOperations(table, of, { loads: 1, load_microseconds: (now() - began) * 1000 });
    const expires_at = isoTime(now() + STAGED_SECONDS * 1000);
    return {
      status: 200,
      body: { model_name: model.name, download_url, size_bytes: file.size, hash: file.sha256, expires_at },
    };
  },
});

/** Decrypts the file into the bucket, in a stream. Resolves with its key; nothing stays of one that was changed. */
async function stage(
  { adapters: { table, blobs, now } }: VaultServices,
  of: Manager,
  model: StoredFile,
  key: Uint8Array | undefined,
): Promise<string> {
  const { artifacts } = blobs;
  const id = newId(now());
  await markStaged(table, of, id, now());
  try {
    await artifacts.put(stagedFile(of, id), await plainFile(artifacts, model, key));
    return stagedFile(of, id);
  } catch (error) {
    await deleteOrphans(table, artifacts, 'artifacts', blobKeys.vaultStagedPrefix(of.account_id, of.vault, id));
    throw translated(error, factsOf(model));
  }
}
