import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { multipart, type UploadedFile } from '#functions/http/body/multipart.ts';
import { route } from '#functions/http/route.ts';
import { asJson } from '../datasets/parsing-fields.ts';
import { nameLine } from '../fields.ts';
import { createImported, type ImportServices } from './create-imported.ts';
import { createWeights } from './create-weights.ts';
import { modelDetail, showDetail } from './fields.ts';
import { DEFAULT_TARGET, examples, expectNoWishes, wishFields } from './wishes.ts';

const NAME_CHARACTERS = 255;

/** In a form, what is not text is JSON. */
function inForm<T>(field: z.ZodType<T>) {
  const { description, example } = field.meta() ?? {};
  return asJson(field)
    .optional()
    .meta({ description: `As JSON: ${description}`, example: JSON.stringify(example) });
}

const form = z
  .strictObject({
    name: nameLine(LIMITS.modelName.max).meta({
      description: 'Under a name that there is already, it becomes the next version',
    }),
    target: wishFields.target.default(DEFAULT_TARGET),
    features: inForm(wishFields.features),
    classes: inForm(wishFields.classes),
    scores: wishFields.scores.optional(),
    pixels: inForm(wishFields.pixels),
    image_size: inForm(wishFields.image_size),
    examples: inForm(examples),
  })
  .meta({ id: 'ModelImportForm' });

export const importModel = route({
  method: 'POST',
  path: '/models/import',
  summary: 'Import an ONNX model, or a file of weights',
  description:
    'An addition to the document: a model that scikit-learn (by skl2onnx), XGBoost, PyTorch and others exported, in one file. ' +
    'It must take rows of a table, or images, and give scores of classes or numbers. From then on it is a model like those trained here. ' +
    'A file of weights (`.pth`, `.safetensors`) becomes a model that does not predict, from which a training can start: `start_from`. ' +
    'What does not fit into a request comes in parts: `POST /models/import/uploads`.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { body: multipart(form, { description: 'The model', contentType: 'application/octet-stream' }) },
  responses: { 201: { description: 'Imported', schema: modelDetail } },
  async handler({ caller, body: { file, fields } }, services: ImportServices) {
    const original = await bytesOf(file);
    const { name, ...wishes } = fields;
    const fileName = file.name.slice(0, NAME_CHARACTERS).toWellFormed();
    const of = { accountId: caller.accountId, name, fileName };
    const importer = await services.importer();
    if (importer.areWeights(original, fileName)) {
      expectNoWishes(wishes);
      return {
        status: 201,
        body: showDetail(await createWeights(services, { ...of, bytes: original }), [], undefined),
      };
    }
    const imported = await importer.read(original, wishes);
    const model = await createImported(services, { ...of, original, imported });
    return { status: 201, body: showDetail(model, [], imported.serving) };
  },
});

/** No larger than a body may be. */
async function bytesOf(file: UploadedFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
