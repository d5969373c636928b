import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { formats } from '#learning/files/names.ts';
import { INT8_FILE, VARIANTS } from '#learning/serving/description.ts';
import { fileErrors, fileHeaders } from '../send-file.ts';
import { modelPath } from './fields.ts';
import { BINARY, baseNameOf, fileIn, modelFileResponses, sendModelFile } from './file.ts';

const query = z.strictObject({
  format: z.enum(formats).default('onnx'),
  variant: z
    .enum(VARIANTS)
    .default('float32')
    .meta({ description: 'An addition: of `onnx`, `int8` is `model.int8.onnx`, where the model has it' }),
});

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
  handler({ resource: model, query: { format, variant }, headers }, services) {
    if (variant === 'int8' && format !== 'onnx') {
      throw ValidationError.of('variant', `must be float32 with the format ${format}; int8 is of onnx`);
    }
    const [file, end] = variant === 'int8' ? [INT8_FILE, 'int8.onnx'] : [fileIn(model, format), format];
    const sent = { file, filename: `${baseNameOf(model)}.${end}`, contentType: BINARY };
    return sendModelFile(model, sent, headers, services);
  },
});
