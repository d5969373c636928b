import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { blobKeys } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';
import { createModel } from '#domain/models/create.ts';
import { type TrainedModel, WEIGHTS_TYPE } from '#domain/models/record.ts';
import { markOrphaned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { multipart, type UploadedFile } from '#functions/http/body/multipart.ts';
import { route, type Services } from '#functions/http/route.ts';
import type { ArtifactFile } from '#learning/artifacts.ts';
import type { countNumbers, ImportFacts, importedFiles } from '#learning/imported/files.ts';
import type { readImported } from '#learning/imported/read.ts';
import type { areWeights, readImportedWeights } from '#learning/imported/weights.ts';
import { asJson } from '../datasets/parsing-fields.ts';
import { line, nameLine } from '../fields.ts';
import { publish } from '../publish.ts';
import { modelDetail, showDetail } from './fields.ts';

/** Only types here, so that declaring the route does not load ONNX Runtime. */
export interface ImportServices extends Services {
  readonly importer: {
    readonly read: typeof readImported;
    readonly files: typeof importedFiles;
    readonly count: typeof countNumbers;
    readonly areWeights: typeof areWeights;
    readonly readWeights: typeof readImportedWeights;
  };
}

/** After so long the sweep deletes files whose record was never written. */
const ABANDONED_MILLISECONDS = 3_600_000;
const MOST_NAMES = 2000;
const NAME_CHARACTERS = 255;

const names = (description: string, example: readonly string[]) =>
  asJson(z.array(line(LIMITS.csv.columnNameCharacters)).min(1).max(MOST_NAMES))
    .optional()
    .meta({ description, example: JSON.stringify(example) });

const form = z
  .strictObject({
    name: nameLine(LIMITS.modelName.max).meta({
      description: 'Under a name that there is already, it becomes the next version',
    }),
    target: line(LIMITS.csv.columnNameCharacters).default('target').meta({ description: 'What it predicts' }),
    features: names('As a list in JSON, the names of the features, in the order of its inputs and of their columns', [
      ...['sepal length', 'sepal width'],
    ]),
    classes: names('As a list in JSON, the names of the classes, in the order of the scores', ['setosa', 'virginica']),
    scores: z.enum(['probabilities', 'logits']).optional().meta({
      description:
        'What the scores of the classes are. Default: probabilities where there is a label too, or where they add up to 1',
    }),
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
    const { table, blobs, now } = services.adapters;
    const original = await bytesOf(file);
    const id = newId(now());
    const createdAt = isoTime(now());
    const fileName = file.name.slice(0, NAME_CHARACTERS).toWellFormed();
    const { files, record } = await read(services, original, fields, { name: fields.name, fileName, createdAt });
    await table.transact([
      markOrphaned('artifacts', blobKeys.modelPrefix(caller.accountId, id), now() + ABANDONED_MILLISECONDS),
    ]);
    for (const { file: one, bytes, contentType } of files) {
      await blobs.artifacts.put(blobKeys.modelFile(caller.accountId, id, one), bytes, { contentType });
    }
    const made: TrainedModel = {
      id,
      account_id: caller.accountId,
      name: fields.name,
      ...record,
      ...{ performance: {}, final_metrics: {}, hyperparameters: {} },
      artifacts: files.map(({ file: one, bytes }) => ({ file: one, size: bytes.length, sha256: sha256Of(bytes) })),
      created_at: createdAt,
    };
    const { model, event } = await createModel(table, made, createdAt);
    await publish(event, services);
    return { status: 201, body: showDetail(model, []) };
  },
});

interface ReadFile {
  readonly files: readonly ArtifactFile[];
  readonly record: Pick<TrainedModel, 'model_type' | 'task' | 'architecture' | 'target' | 'training_config'>;
}

/** Throws `ValidationError`. */
async function read(
  { importer }: ImportServices,
  original: Buffer,
  { name: _, target, ...wishes }: z.output<typeof form>,
  facts: ImportFacts,
): Promise<ReadFile> {
  if (importer.areWeights(original)) {
    const odd = Object.entries(wishes).find(([, wish]) => wish !== undefined);
    if (odd) throw ValidationError.of(odd[0], 'must be left out for a file of weights, which does not predict');
    const { files, parameters } = await importer.readWeights(original, facts);
    // What a network with these weights predicts is for the training to say that starts from them.
    const architecture = { input_shape: [], output_classes: 1, parameters };
    const training_config = { imported: facts.fileName };
    return {
      files,
      record: { model_type: WEIGHTS_TYPE, task: 'classification', architecture, target, training_config },
    };
  }
  const imported = await importer.read(original, { target, ...wishes });
  const { serving, notes } = imported;
  return {
    files: importer.files(original, imported, facts),
    record: {
      model_type: 'onnx',
      task: serving.task,
      architecture: {
        input_shape: [serving.features.length],
        output_classes: Math.max(1, serving.classes.length),
        parameters: importer.count(original),
      },
      target: serving.target,
      training_config: { imported: facts.fileName, notes: [...notes] },
    },
  };
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** No larger than a body may be. */
async function bytesOf(file: UploadedFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
