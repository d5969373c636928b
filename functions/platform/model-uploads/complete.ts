import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { abortModelUpload, type ModelUpload, stagedImport } from '#domain/models/uploads.ts';
import { joinParts } from '#domain/vault/staged.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { uploadedParts } from '#functions/http/upload-fields.ts';
import { IMPORTED_FILE } from '#learning/files/names.ts';
import { blobAccess } from '#training/blob-access.ts';
import { nameLine } from '../fields.ts';
import { createImported, type ImportServices } from '../models/create-imported.ts';
import { createStoredWeights } from '../models/create-weights.ts';
import { detailOf } from '../models/detail.ts';
import { modelDetail, showDetail } from '../models/fields.ts';
import { DEFAULT_TARGET, examples, expectNoWishes, wishFields } from '../models/wishes.ts';
import { importPath, readCompletion } from './fields.ts';

const { target, features, classes, scores, pixels, image_size } = wishFields;

const body = z
  .strictObject({
    parts: uploadedParts,
    name: nameLine(LIMITS.modelName.max).meta({
      description: 'Of the model. Under a name that there is already, it becomes the next version',
      example: 'resnet50 of ImageNet',
    }),
    target: target.default(DEFAULT_TARGET),
    features: features.optional(),
    classes: classes.optional(),
    scores: scores.optional(),
    pixels: pixels.optional(),
    image_size: image_size.optional(),
    examples: examples.optional(),
  })
  .meta({ id: 'ModelImportParts' });

export const completeModelImport = route({
  method: 'POST',
  path: '/models/import/uploads/{import_id}/complete',
  summary: 'Complete an import in parts and create the model',
  description:
    'An addition to the document. The file is read as `POST /models/import` reads one. A file that is refused is gone; where only what was said of it is wrong, the completion can be repeated. Completing it again answers 200 with the model that it became.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { path: importPath, body: json(body) },
  responses: {
    200: { description: 'It was complete already', schema: modelDetail },
    201: { description: 'Imported', schema: modelDetail },
  },
  resource: readCompletion,
  async handler({ resource: { upload, model }, body: { parts, name, ...wishes } }, services: ImportServices) {
    const { table, blobs } = services.adapters;
    if (!upload) return { status: 200, body: await detailOf(services, model!) };
    await joinParts(blobs.artifacts, stagedImport(upload), upload, parts);
    try {
      return { status: 201, body: await imported(services, upload, name, wishes) };
    } catch (error) {
      const isRefused = error instanceof ValidationError && error.details.some(({ field }) => field === 'file');
      if (isRefused) await abortModelUpload(table, blobs.artifacts, upload);
      throw error;
    }
  },
});

type Wishes = Omit<z.output<typeof body>, 'parts' | 'name'>;

async function imported(services: ImportServices, upload: ModelUpload, name: string, wishes: Wishes) {
  const importer = await services.importer();
  const { artifacts } = services.adapters.blobs;
  const { account_id: accountId, file_name: fileName, file, file_size: size } = upload;
  const of = { accountId, name, fileName, upload };
  const key = stagedImport(upload).file;
  if (file === IMPORTED_FILE) {
    const original = await buffer((await artifacts.get(key)).body);
    const model = await importer.read(original, wishes);
    return showDetail(await createImported(services, { ...of, original, imported: model }), [], model.serving);
  }
  expectNoWishes(wishes);
  const access = blobAccess(artifacts, key, size);
  const hash = createHash('sha256');
  for await (const chunk of (await artifacts.get(key)).body) hash.update(chunk as Uint8Array);
  const stored = { file, size, sha256: hash.digest('hex') };
  return showDetail(await createStoredWeights(services, { ...of, access, stored }), [], undefined);
}
