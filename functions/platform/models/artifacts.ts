import { z } from 'zod';
import { getModel } from '#domain/models/read.ts';
import type { Artifact } from '#domain/models/record.ts';
import { route } from '#functions/http/route.ts';
import { contentTypeOf, purposeOf } from '#learning/files/names.ts';
import { id } from '../fields.ts';
import { modelPath } from './fields.ts';

const file = z
  .strictObject({
    file: z.string().meta({ example: 'model.pth' }),
    size: z.int().meta({ description: 'In bytes', example: 26_412 }),
    sha256: z.string().meta({ description: 'Also its ETag' }),
    content_type: z.string().meta({ example: 'application/octet-stream' }),
    description: z.string().meta({ example: 'The weights for the PyTorch module in the model card' }),
  })
  .meta({ id: 'ModelFile' });

export const artifacts = route({
  method: 'GET',
  path: '/models/{model_id}/artifacts',
  summary: 'List the files of a model',
  description: 'An addition to the document. `GET /models/{model_id}/artifacts/{file}` downloads one.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: {
    200: {
      description: 'The files, in the order in which they were made',
      schema: z
        .strictObject({
          model_id: id,
          files: z.array(file),
          bytes: z.int().meta({ description: 'Of all files together' }),
        })
        .meta({ id: 'ModelFiles' }),
    },
  },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  handler({ resource: of }) {
    const files = of.artifacts.map(show);
    return { status: 200, body: { model_id: of.id, files, bytes: files.reduce((sum, { size }) => sum + size, 0) } };
  },
});

const show = ({ file: name, size, sha256 }: Artifact): z.input<typeof file> => ({
  file: name,
  size,
  sha256,
  content_type: contentTypeOf(name),
  description: purposeOf(name),
});
