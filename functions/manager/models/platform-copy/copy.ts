import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { resolveModel } from '#domain/models/resolve.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../../fields.ts';
import { runOrQueue } from '../../jobs/run-or-queue.ts';
import type { FileServices } from '../../services.ts';
import { givenMetadata, modelGoingOn, showModelGoing } from '../fields.ts';
import { savedAnswer, saveFields } from '../save.ts';
import { signingOf } from '../sign.ts';
import { copiedFile } from './files.ts';
import { copyWork } from './work.ts';

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
    'An addition to the document: its `model.onnx`; of weights that were imported, those; of a model that takes texts, a tar of all its files, which `deploy` makes a model of again. What the platform knows of it is its metadata; what the request gives as metadata comes on top. A large model outlasts the request.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    201: { description: 'Saved', schema: savedAnswer },
    202: { description: 'Going on: repeat the request until it has the end', schema: modelGoingOn },
  },
  errors: [404, 409, 422],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, body: given, caller } = input;
    const by = actorOf(input);
    const access = { action: 'model_save', model_name: given.model_name } as const;
    const outcome = await auditFailure(services, manager, by, access, async () => {
      const { sign, signingKey } = signingOf(given);
      const wanted = { name: given.source_model_id, version: given.source_version };
      const source = await resolveModel(services.adapters.table, caller.accountId, wanted);
      const request = {
        ...{ model_name: given.model_name, source_id: source.id, metadata: givenMetadata(given.metadata) },
        ...{ tags: given.tags, replace: given.replace_existing, sign },
      };
      const secrets = {
        ...(given.password === undefined ? {} : { password: given.password }),
        ...(signingKey === undefined ? {} : { signing_key: signingKey }),
      };
      // It is staged, and then read again.
      const bytes = 2 * copiedFile(source).size;
      return runOrQueue(
        services,
        manager,
        by,
        { kind: 'copy', request, secrets, bytes },
        {
          ...copyWork,
          run: (_, asked, __, pace) => copyWork.run(services, asked, undefined, pace),
        },
      );
    });
    if ('going' in outcome) return { status: 202, body: showModelGoing(given.model_name) };
    return { status: 201, body: outcome.done };
  },
});
