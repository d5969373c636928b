import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { WEIGHTS_TYPE } from '#domain/models/record.ts';
import { multipart, type UploadedFile } from '#functions/http/body/multipart.ts';
import { route } from '#functions/http/route.ts';
import { asJson } from '../datasets/parsing-fields.ts';
import { nameLine } from '../fields.ts';
import { createImported, type Importing, type ImportServices, storeImported } from './create-imported.ts';
import { modelDetail, showDetail } from './fields.ts';
import { DEFAULT_TARGET, examples, wishFields } from './wishes.ts';

const NAME_CHARACTERS = 255;

/** In a form, what is not text is JSON. */
function inForm<T>(field: z.ZodType<T>) {
  const { description, example } = field.meta() ?? {};
  return asJson(field)
    .optional()
    .meta({ description: `As a list in JSON: ${description}`, example: JSON.stringify(example) });
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
    examples: inForm(examples),
  })
  .meta({ id: 'ModelImportForm' });

export const importModel = route({
  method: 'POST',
  path: '/models/import',
  summary: 'Import an ONNX model, or a file of weights',
  description:
    'An addition to the document: a model that scikit-learn (by skl2onnx), XGBoost, PyTorch and others exported, in one file. ' +
    'It must take rows of a table, and give scores of classes or numbers. From then on it is a model like those trained here. ' +
    'A file of weights (`.pth`, `.safetensors`) becomes a model that does not predict, from which a training can start: `start_from`.',
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
    const of = { accountId: caller.accountId, name, fileName, original };
    if (services.importer.areWeights(original, fileName)) {
      return { status: 201, body: showDetail(await createWeights(services, { ...of, ...wishes }), [], undefined) };
    }
    const imported = await services.importer.read(original, wishes);
    const model = await createImported(services, { ...of, imported });
    return { status: 201, body: showDetail(model, [], imported.serving) };
  },
});

type Weights = Omit<Importing, 'imported' | 'original'> & { readonly original: Buffer } & Omit<
    z.output<typeof form>,
    'name'
  >;

/** Throws `ValidationError` for what only a model that predicts can have. */
async function createWeights(
  services: ImportServices,
  { target, features, classes, scores, examples: compared, ...of }: Weights,
) {
  const odd = Object.entries({ features, classes, scores, examples: compared }).find(([, wish]) => wish !== undefined);
  if (odd) throw ValidationError.of(odd[0], 'must be left out for a file of weights, which does not predict');
  return storeImported(services, of, async (facts) => {
    const { files, parameters } = await services.importer.readWeights(of.original, facts);
    // What a network with these weights predicts is for the training to say that starts from them: the task and the target
    // of the record are not shown.
    const architecture = { input_shape: [], output_classes: 0, parameters };
    const training_config = { imported: facts.fileName };
    return {
      files,
      record: { model_type: WEIGHTS_TYPE, task: 'classification', architecture, target, training_config },
    };
  });
}

/** No larger than a body may be. */
async function bytesOf(file: UploadedFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
