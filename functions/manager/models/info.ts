import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { findAccess } from '#domain/vault/accesses.ts';
import { megabytes } from '#domain/vault/model.ts';
import { getModel, newestRevisions, type RevisionFacts } from '#domain/vault/models.ts';
import { readServed } from '#domain/vault/served.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, modelPath, readManager, sizeMb, tagList, tags, time } from '../fields.ts';
import { int8Answer, metadata, showMetadata } from './fields.ts';
import { showInt8 } from './int8.ts';

const answer = z
  .strictObject({
    model_name: z.string().meta({ example: 'classifier_v2.1' }),
    model_id: z.string(),
    metadata,
    file_info: z.strictObject({
      size_mb: sizeMb,
      created_at: time,
      modified_at: time,
      hash: z.string().meta({ description: 'SHA-256 of the file, in hexadecimal' }),
    }),
    encryption_info: z.strictObject({
      encrypted: z.boolean(),
      algorithm: z.string().nullable().meta({ example: 'AES-256-GCM' }),
      key_derivation: z.string().nullable().meta({
        description: '`platform` where no password was given: the platform’s key wraps the model’s key',
        example: 'scrypt',
      }),
    }),
    access_info: z.strictObject({ access_count: z.int(), last_accessed: time.nullable() }),
    tags: tagList.meta({ description: 'An addition' }),
    version: z.string().meta({ description: 'An addition' }),
    family: z.string().meta({ description: 'An addition: the models of one family are versions of one model' }),
    compressed: z.boolean().meta({
      description: 'An addition: false where the beginning of the file got hardly smaller, as random weights do',
    }),
    stored_mb: sizeMb.meta({ description: 'An addition: millions of bytes as it is stored, without its int8 version' }),
    signed: z.boolean().meta({ description: 'An addition' }),
    revisions: z
      .array(z.strictObject({ revision: z.string(), saved_at: time, size_mb: sizeMb, hash: z.string() }))
      .meta({
        description: `An addition: the newest ${LIMITS.vault.pageSize} of the earlier ones that are still kept, the newest first`,
      }),
    served: z
      .array(
        z.strictObject({
          model_id: z.string().meta({ description: 'Of the platform’s model' }),
          name: z.string(),
          deployed_at: time,
          current: z.boolean().meta({ description: 'False where the file was replaced since' }),
        }),
      )
      .meta({ description: 'An addition: models of the platform that were made of it by `deploy_to: trainyard`' }),
    pickle_imports: z.array(z.string()).nullable().meta({
      description: 'An addition: what unpickling the file would import; null for a file without a pickle',
    }),
    int8: int8Answer,
    dangerous: z.array(z.string()).nullable().meta({ description: 'An addition: those of them that can run anything' }),
  })
  .meta({ id: 'VaultModelInfo' });

const showRevision = ({ revision, modified_at, size, sha256 }: RevisionFacts) => ({
  revision,
  saved_at: modified_at,
  size_mb: megabytes(size),
  hash: sha256,
});

export const info = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/{model_name}/info',
  summary: 'Get what is known of a model',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'The model', schema: answer } },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table } = services.adapters;
    const access = { action: 'model_info', model_name: path.model_name } as const;
    const [model, accesses, revisions, served] = await auditAccess(services, of, actorOf(input), access, () =>
      Promise.all([
        getModel(table, of, path.model_name),
        findAccess(table, of, path.model_name),
        newestRevisions(table, of, path.model_name, LIMITS.vault.pageSize),
        readServed(table, { ...of, name: path.model_name }),
      ]),
    );
    return {
      status: 200,
      body: {
        model_name: model.name,
        model_id: model.id,
        metadata: showMetadata(model),
        file_info: {
          size_mb: megabytes(model.size),
          created_at: model.created_at,
          modified_at: model.modified_at,
          hash: model.sha256,
        },
        encryption_info: {
          encrypted: model.encryption !== undefined,
          algorithm: model.encryption?.algorithm ?? null,
          key_derivation: model.encryption?.key_derivation ?? null,
        },
        access_info: { access_count: accesses?.count ?? 0, last_accessed: accesses?.last_accessed ?? null },
        tags: model.tags,
        version: model.version,
        family: model.family,
        compressed: model.compressed,
        stored_mb: megabytes(model.digests.ciphertext.bytes),
        signed: model.signature !== undefined,
        revisions: revisions.map(showRevision),
        served: served.map(({ id, name, since, sha256 }) => ({
          ...{ model_id: id, name, deployed_at: since },
          current: sha256 === model.sha256,
        })),
        pickle_imports: model.pickle?.imports ?? null,
        int8: showInt8(model),
        dangerous: model.pickle?.dangerous ?? null,
      },
    };
  },
});
