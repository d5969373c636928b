import { z } from 'zod';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { ONNX_FILE } from '#learning/serving/description.ts';
import { modelPath } from './fields.ts';
import { fileResponses, sendFile } from './file.ts';

const query = z.strictObject({ format: z.enum(['onnx']).default('onnx') });

export const download = route({
  method: 'GET',
  path: '/models/{model_id}/download',
  summary: 'Download a model as a file',
  description: 'An addition to the document. `model.onnx` takes raw features: everything learned is inside it.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query },
  responses: fileResponses,
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  handler({ resource: model }, services) {
    const filename = `${fileNameOf(model.name)}-${model.version}.onnx`;
    return sendFile(model, { file: ONNX_FILE, filename }, services);
  },
});

/** Only characters that every file system and every header allows. */
const fileNameOf = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._]+/, '') || 'model';
