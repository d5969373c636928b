import { z } from 'zod';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { formats } from '#learning/files/names.ts';
import { fileErrors, fileHeaders } from '../send-file.ts';
import { modelPath } from './fields.ts';
import { BINARY, baseNameOf, fileIn, modelFileResponses, sendModelFile } from './file.ts';

const query = z.strictObject({ format: z.enum(formats).default('onnx') });

export const download = route({
  method: 'GET',
  path: '/models/{model_id}/download',
  summary: 'Download a model as a file',
  description:
    'An addition to the document. `model.onnx` takes raw features: everything learned is inside it. `pth` and ' +
    '`safetensors` have the weights for the PyTorch module that the model card prints.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query, headers: fileHeaders },
  responses: modelFileResponses(BINARY),
  errors: fileErrors,
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  handler({ resource: model, query: { format }, headers }, services) {
    const sent = { file: fileIn(model, format), filename: `${baseNameOf(model)}.${format}`, contentType: BINARY };
    return sendModelFile(model, sent, headers, services);
  },
});
