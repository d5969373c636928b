import { z } from 'zod';
import { TASKS } from '#domain/datasets/profile.ts';
import { LIMITS } from '#domain/limits.ts';
import { featureSpec, type Model, WEIGHTS_TYPE } from '#domain/models/record.ts';
import { kindNamed } from '#learning/kinds.ts';
import { ONNX_FILE, type Serving } from '#learning/serving/description.ts';
import { families } from '#zoo/registry.ts';
import { anyJson, id, time } from '../fields.ts';
import { warningsAnswer } from '../training/fields.ts';

export const modelPath = z.strictObject({ model_id: id });

export const namePath = z.strictObject({ name: z.string().min(1).max(LIMITS.modelName.max) });

/** The file that predictions use and that a download returns. */
export const onnxArtifact = (of: Model) => of.artifacts.find(({ file }) => file === ONNX_FILE);

export const modelSummary = z
  .strictObject({
    id,
    name: z.string().meta({ example: 'Penguins' }),
    model_type: z.string().meta({ example: 'mlp' }),
    accuracy: z.number().nullable().meta({ description: 'null for regression', example: 0.912 }),
    created_at: time,
    size_mb: z.number().meta({ description: 'Of model.onnx, in millions of bytes', example: 98.5 }),
  })
  .meta({ id: 'Model' });

const tags = z
  .record(z.string(), z.string())
  .meta({ description: 'An addition', example: { team: 'search', stage: 'candidate' } });

const feature = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the column', example: 'bill length [mm]' }),
    type: featureSpec.shape.type,
    input: z.string().meta({
      description:
        'The name of the input of `model.onnx`: that of the column, with `_` for whatever is no letter, digit or underscore. Where that is taken, `_2` is appended, or the next number that is free. Columns that are the pixels of an image are one input, `image`, in the order of the features',
      example: 'bill_length_mm_',
    }),
  })
  .meta({ id: 'ModelFeature' });

export const modelDetail = z
  .strictObject({
    id,
    name: z.string().meta({ example: 'Penguins' }),
    model_type: z.string().meta({ example: 'mlp' }),
    architecture: z.strictObject({
      input_shape: z.array(z.int()).meta({
        description: 'Of an image: height, width, channels; of a series: rows of a window, numbers of a row',
        example: [7],
      }),
      output_classes: z
        .int()
        .meta({ description: '1 for regression, 0 for a file of weights, which does not say it', example: 3 }),
      parameters: z.int().meta({ example: 5123 }),
    }),
    performance: z.record(z.string(), z.number()).meta({
      description: 'On the validation rows, or on the training rows if there are none',
      example: { accuracy: 0.912, precision: 0.905, recall: 0.918, f1_score: 0.911 },
    }),
    test_performance: z
      .record(z.string(), z.number())
      .nullable()
      .meta({
        description: 'An addition: on the rows that were kept back for a test; null if none were',
        example: { accuracy: 0.904, precision: 0.899, recall: 0.907, f1_score: 0.902 },
      }),
    test_accuracy: z.number().nullable().meta({
      description: 'An addition: that of `test_performance`; null for a regression, or without a test',
      example: 0.904,
    }),
    training_config: z.record(z.string(), anyJson).meta({
      example: { dataset_id: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55', epochs: 100, batch_size: 32, optimizer: 'adam' },
    }),
    created_at: time,
    task: z
      .enum(TASKS)
      .nullable()
      .meta({ description: 'An addition; null for a file of weights', example: 'classification' }),
    target: z.string().nullable().meta({
      description: 'An addition: the column that it predicts; null for a file of weights',
      example: 'species',
    }),
    classes: z
      .array(z.string())
      .nullable()
      .meta({
        description:
          'An addition: in the order of `probabilities`; empty for a regression, null if its file cannot be read',
        example: ['Adelie', 'Chinstrap', 'Gentoo'],
      }),
    features: z.array(feature).nullable().meta({
      description: 'An addition: in the order of a row of a prediction; null if its file cannot be read',
    }),
    job_id: id.nullable().meta({ description: 'An addition: null for a model that was imported' }),
    dataset_id: id.nullable().meta({ description: 'An addition: null for a model that was imported' }),
    number: z.int().meta({ description: 'An addition: its number in `/api/v1/models`', example: 7 }),
    version: z.string().meta({ description: 'An addition: MAJOR.MINOR.PATCH', example: '1.1.0' }),
    version_reason: z.string().nullable().meta({
      description: 'An addition: why it has this version; null for models of earlier builds',
      example: 'minor: learning_rate 0.01 → 0.001',
    }),
    aliases: z.array(z.string()).meta({ description: 'An addition: those that point to it', example: ['champion'] }),
    tags,
    notes: z.string().meta({ description: 'An addition' }),
    log_days: z.int().nullable().meta({
      description: 'An addition: for how many days its predictions are logged; null: they are not',
      example: null,
    }),
    dataset_version: z
      .int()
      .nullable()
      .meta({ description: 'An addition: null for models of earlier builds', example: 1 }),
    warnings: warningsAnswer,
    vault: z
      .strictObject({
        manager_id: z.string().meta({ example: 'manager_prod' }),
        model_name: z.string().meta({ example: 'classifier_v2.1' }),
        model_id: z.string(),
        version: z.string(),
        revision: z.string(),
        sha256: z.string(),
      })
      .nullable()
      .meta({ description: 'An addition: the model of the vault that it was deployed from; null for all others' }),
  })
  .meta({ id: 'ModelDetail' });

export const showSummary = (of: Model): z.input<typeof modelSummary> => ({
  id: of.id,
  name: of.name,
  model_type: of.model_type,
  accuracy: of.performance.accuracy ?? null,
  created_at: of.created_at,
  size_mb: Math.round((onnxArtifact(of)?.size ?? 0) / 1000) / 1000,
});

const showVault = ({ vault }: Model) => {
  if (vault === undefined) return null;
  const { vault: _, ...shown } = vault;
  return shown;
};

/** They do not say what a network with them predicts, whatever their record has. */
const isWeights = ({ model_type }: Model): boolean => model_type === WEIGHTS_TYPE;

/** As the document has it: of an image, the channels last. */
function shownShape({ model_type, architecture: { input_shape } }: Model, of: Serving['kind']): number[] {
  const kind = of ?? families[model_type]?.kinds[0];
  return [...((kind && kindNamed(kind).shownShape?.(input_shape)) ?? input_shape)];
}

/** @param serving what it takes and gives, if that can be read */
export const showDetail = (
  of: Model,
  aliases: readonly string[],
  serving: Pick<Serving, 'features' | 'classes' | 'kind'> | undefined,
): z.input<typeof modelDetail> => ({
  id: of.id,
  name: of.name,
  model_type: of.model_type,
  architecture: {
    ...of.architecture,
    input_shape: shownShape(of, serving?.kind),
    ...(isWeights(of) ? { output_classes: 0 } : {}),
  },
  performance: of.performance,
  test_performance: of.test_performance ?? null,
  test_accuracy: of.test_performance?.accuracy ?? null,
  training_config: of.training_config,
  created_at: of.created_at,
  task: isWeights(of) ? null : of.task,
  target: isWeights(of) ? null : of.target,
  classes: serving ? [...serving.classes] : null,
  features: serving ? serving.features.map(({ name, type, input }) => ({ name, type, input })) : null,
  job_id: of.job_id ?? null,
  dataset_id: of.dataset_id ?? null,
  number: of.number,
  version: of.version,
  version_reason: of.version_reason ?? null,
  aliases: [...aliases],
  tags: of.tags,
  notes: of.notes,
  log_days: of.prediction_log?.days ?? null,
  dataset_version: of.dataset_version ?? null,
  warnings: of.warnings ?? [],
  vault: showVault(of),
});
