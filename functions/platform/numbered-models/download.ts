import { z } from 'zod';
import { getModelByNumber } from '#domain/models/numbers.ts';
import { route } from '#functions/http/route.ts';
import { formats } from '#learning/files/names.ts';
import { BINARY, fileIn, modelFileResponses, sendModelFile } from '../models/file.ts';
import { fileErrors, fileHeaders } from '../send-file.ts';
import { numberPath } from './fields.ts';
import { filenameOf, usualFormatOf } from './files.ts';

const query = z.strictObject({
  format: z
    .enum(formats)
    .optional()
    .meta({ description: 'An addition. Default: `pth`; for models of earlier builds, which have none, `onnx`' }),
});

export const download = route({
  method: 'GET',
  path: '/api/v1/models/{model_id}/download',
  summary: 'Download a model by its number',
  description: 'The file is named `model_{id}_{algorithm}.pth`, as `curl -O -J` saves it.',
  tags: ['Numbered models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: numberPath, query, headers: fileHeaders },
  responses: modelFileResponses(BINARY),
  errors: fileErrors,
  resource: ({ caller, path }, { adapters }) => getModelByNumber(adapters.table, caller.accountId, path.model_id),
  handler({ resource: model, query: { format = usualFormatOf(model) }, headers }, services) {
    const sent = { file: fileIn(model, format), filename: filenameOf(model, format), contentType: BINARY };
    return sendModelFile(model, sent, headers, services);
  },
});
