import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { updateModel } from '#domain/vault/change.ts';
import { type Metadata, versionOf } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, givenTags, modelPath, readManager, tagList, tags, time } from '../fields.ts';
import { givenMetadata, metadata, metadataRequest, showMetadata } from './fields.ts';

const body = z
  .strictObject({
    metadata: metadataRequest.optional().meta({
      description: 'Fields that replace those of the same name; null removes one',
    }),
    tags: givenTags.optional().meta({ description: 'Replaces the tags' }),
  })
  .meta({ id: 'ModelUpdateRequest' });

export const update = route({
  method: 'PATCH',
  path: '/api/model-manager/{manager_id}/models/{model_name}',
  summary: 'Change the metadata or the tags of a model',
  description: 'An addition to the document. The file stays as it is.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: modelPath, body: json(body) },
  responses: {
    200: {
      description: 'Changed',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Model updated successfully' }),
          model_name: z.string(),
          metadata,
          tags: tagList,
          modified_at: time,
        })
        .meta({ id: 'ModelUpdated' }),
    },
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path, body: given } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const event = { action: 'model_update', model_name: path.model_name, success: true } as const;
    const changed = await auditFailure(services, of, by, event, async () => {
      const model = await getModel(table, of, path.model_name);
      const merged = withoutNulls({ ...model.metadata, ...givenMetadata(given.metadata ?? {}) });
      if (!metadataRequest.safeParse(merged).success) {
        throw ValidationError.of('metadata', 'must not be larger than that of a save, with what is there already');
      }
      const set = {
        metadata: merged,
        tags: given.tags ?? model.tags,
        version: versionOf(model.name, merged),
      };
      return updateModel(table, of, model, set, { by, event, now });
    });
    return {
      status: 200,
      body: {
        message: 'Model updated successfully',
        model_name: changed.name,
        metadata: showMetadata(changed),
        tags: changed.tags,
        modified_at: changed.modified_at,
      },
    };
  },
});

const withoutNulls = (given: Metadata): Metadata =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
