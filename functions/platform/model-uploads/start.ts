import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { LIMITS } from '#domain/limits.ts';
import { startModelUpload } from '#domain/models/uploads.ts';
import { STAGED_SECONDS } from '#domain/vault/staged.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { IMPORTED_FILE } from '#learning/files/names.ts';
import { line } from '../fields.ts';
import type { ImportServices } from '../models/create-imported.ts';
import { showUpload, uploadAnswer } from '../uploads/fields.ts';

const { weights: mostWeights, onnx: mostOnnx } = LIMITS.importBytes;

const body = z
  .strictObject({
    file_name: line(255).meta({
      description: "The file's name on the client, which ends with .onnx, .pth, .pt, .ckpt or .safetensors",
      example: 'resnet50.pth',
    }),
    file_size: z
      .int()
      .min(1)
      .max(mostWeights)
      .meta({ description: `Bytes of the whole file; of an ONNX model at most ${mostOnnx}`, example: 102_530_333 }),
  })
  .meta({ id: 'NewModelUpload' });

export const startModelImport = route({
  method: 'POST',
  path: '/models/import/uploads',
  summary: 'Start to import a model in parts, which does not fit into one request',
  description:
    'An addition to the document. `PUT` each part to its URL and keep the `ETag` of the response; ' +
    `then complete the upload with them, within ${STAGED_SECONDS / 60} minutes. \`GET /models/import/uploads/{import_id}\` has new URLs when these have expired.`,
  tags: ['Models'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: { 201: { description: 'The URLs of the parts', schema: uploadAnswer } },
  async handler({ caller, body: { file_name, file_size } }, services: ImportServices) {
    const { table, blobs, now } = services.adapters;
    const file = fileOf(file_name, file_size, await services.importer());
    await reserveBytes(table, caller.accountId, file_size, services.settings.caps);
    const wanted = { id: newId(now()), account_id: caller.accountId, file_name, file, file_size };
    return { status: 201, body: showUpload(wanted.id, await startModelUpload(table, blobs.artifacts, wanted, now())) };
  },
});

type Importer = Awaited<ReturnType<ImportServices['importer']>>;

/** As which of a model's files it is stored. Throws `ValidationError`. */
function fileOf(name: string, size: number, importer: Importer): string {
  const weights = importer.weightsFileOf(name);
  if (weights !== undefined) return weights;
  if (!name.toLowerCase().endsWith('.onnx'))
    throw ValidationError.of(
      'file_name',
      `must end with .onnx, .pth, .pt, .ckpt or .safetensors; got ${JSON.stringify(name)}`,
    );
  if (size > mostOnnx)
    throw ValidationError.of('file_size', `must be at most ${mostOnnx} for an ONNX model; got ${size}`);
  return IMPORTED_FILE;
}
