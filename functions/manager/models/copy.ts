import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import type { Model } from '#domain/models/record.ts';
import { resolveModel } from '#domain/models/resolve.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import type { Metadata } from '#domain/vault/model.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { readArtifact } from '#learning/serving/artifact.ts';
import { ONNX_FILE } from '#learning/serving/description.ts';
import { auditFailure } from '../audited.ts';
import { backUpSaved } from '../backup/back-up.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import type { FileServices } from '../services.ts';
import { givenMetadata } from './fields.ts';
import { savedAnswer, saveFields, showSaved } from './save.ts';
import { saveModel } from './save-model.ts';

const body = z
  .strictObject({
    ...saveFields,
    source_model_id: z
      .string()
      .min(1)
      .max(LIMITS.modelName.max)
      .meta({ description: 'A model of the platform: its id, its number, or its name', example: 'penguins' }),
    source_version: z.string().min(1).max(LIMITS.alias.max).optional().meta({
      description: 'Of a name: a version, an alias or `latest`. Left out, `latest`',
      example: '1.0.0',
    }),
  })
  .meta({ id: 'ModelCopyRequest' });

export const copy = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/copy',
  summary: 'Save a model of the platform',
  description:
    'An addition to the document: its `model.onnx`, with what the platform knows of it as metadata. What the request gives as metadata comes on top.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: { 201: { description: 'Saved', schema: savedAnswer } },
  errors: [404, 409, 422],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, body: given, caller } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const began = now();
    const access = { action: 'model_save', model_name: given.model_name } as const;
    const saved = await auditFailure(services, manager, by, access, async () => {
      const wanted = { name: given.source_model_id, version: given.source_version };
      const source = await resolveModel(table, caller.accountId, wanted);
      return saveModel(services, manager, by, {
        name: given.model_name,
        bytes: await readArtifact(blobs.artifacts, source, ONNX_FILE),
        password: given.password,
        metadata: { ...metadataOf(source), ...givenMetadata(given.metadata) },
        tags: given.tags,
        replace: given.replace_existing,
        sign: given.digital_signature,
        signingKey: given.signing_key,
      });
    });
    const backup_created = await backUpSaved(services, manager, by, saved.model);
    await recordOperations(table, manager, { saves: 1, save_microseconds: (now() - began) * 1000 });
    return { status: 201, body: showSaved(saved, backup_created) };
  },
});

const metadataOf = (of: Model): Metadata => ({
  framework: 'onnx',
  algorithm: of.model_type,
  version: of.version,
  description: of.notes === '' ? `${of.name} of the platform, for ${of.task} of ${of.target}` : of.notes,
  performance_metrics: of.performance,
  source: {
    model_id: of.id,
    name: of.name,
    number: of.number,
    job_id: of.job_id ?? null,
    dataset_id: of.dataset_id ?? null,
    ...(of.dataset_sha256 === undefined ? {} : { dataset_sha256: of.dataset_sha256 }),
  },
});
