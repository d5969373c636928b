import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { recordAccess } from '#domain/vault/accesses.ts';
import { appendAudit } from '#domain/vault/audit.ts';
import { getRevision } from '#domain/vault/models.ts';
import { STAGED_SECONDS, signedSeconds, stagedModel } from '#domain/vault/staged.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password, readManager, tags, time } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { downloadWork } from './download-work.ts';
import { modelGoingOn, revision, showModelGoing, variant } from './fields.ts';
import { fileOfVariant, keyOf } from './load-model.ts';
import { verifiedSignature } from './sign.ts';

const body = z
  .strictObject({
    model_name: z.string().min(1).max(LIMITS.vault.name).meta({ example: 'classifier_v2.1' }),
    password: password.optional(),
    variant,
    revision,
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
    202: { description: 'Going on: repeat the request until it has the end', schema: modelGoingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const access = { action: 'model_download', model_name: given.model_name } as const;
    const ask = () =>
      auditFailure(services, of, by, access, async () => {
        const model = await getRevision(table, of, given.model_name, given.revision);
        const key = await keyOf(services, model, by, given.password);
        verifiedSignature(model);
        const request = { model_name: model.name, revision: model.revision, variant: given.variant };
        const secrets = key === undefined ? {} : { key: Buffer.from(key).toString('base64') };
        const { size } = fileOfVariant(model, given.variant);
        return runOrQueue(services, of, by, { kind: 'download', request, secrets, bytes: size }, downloadWork);
      });
    let outcome = await ask();
    // The result of a job that nobody asked for within the hour.
    if ('done' in outcome && outcome.done.until <= now()) outcome = await ask();
    if ('going' in outcome) return { status: 202, body: showModelGoing(given.model_name) };
    const { id, until, size, sha256 } = outcome.done;
    await appendAudit(table, of, by, { ...access, success: true }, now);
    await recordAccess(table, of, given.model_name, isoTime(now()));
    const expiresInSeconds = await signedSeconds(blobs.artifacts, until, now());
    const { file } = stagedModel(of, id);
    const download_url = await blobs.artifacts.presignGet(file, { expiresInSeconds, filename: given.model_name });
    return {
      status: 200,
      body: {
        model_name: given.model_name,
        download_url,
        size_bytes: size,
        hash: sha256,
        expires_at: isoTime(now() + expiresInSeconds * 1000),
      },
    };
  },
});
