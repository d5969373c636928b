/** Trains a model of texts: from a file of labelled texts to a network and its files. */
import { buffer } from 'node:stream/consumers';
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { isoTime } from '#domain/times.ts';
import type { Tensors } from '#engine/tensor.ts';
import { readStateFile } from '#engine/training/state-file.ts';
import { givenDialect } from '#learning/csv/dialect.ts';
import { worstOf } from '#learning/encoder/worst.ts';
import { makeTextArtifacts } from '#learning/text/artifacts.ts';
import { compactRecipe } from '#learning/text/compact.ts';
import { WEIGHTS_FILE } from '#learning/text/description.ts';
import { evaluateTexts } from '#learning/text/evaluation.ts';
import { stepsOf } from '#learning/text/learner.ts';
import type { SplitTexts } from '#learning/text/prepare.ts';
import { probabilitiesOf } from '#learning/text/probabilities.ts';
import { greaterIsBetter, type TextHyperparameters } from '#zoo/text-hyperparameters.ts';
import { COMPACT_TEXT, encoderSchema, textFamilies } from '#zoo/text-registry.ts';
import type { Trained } from './complete.ts';
import { readEncoderRecipe } from './encoder-files.ts';
import { type FitJob, fitJob } from './fit-job.ts';

/** The names of metrics in a history. */
const HISTORY_NAMES = {
  f1: 'f1_score',
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  loss: 'loss',
} as const;

/** Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's. */
export async function trainText(run: FitJob, profile: DatasetProfile): Promise<Trained> {
  const { adapters, job, reporter, jobLog } = run;
  const { table, blobs, now } = adapters;
  const isEncoder = job.model_type !== COMPACT_TEXT;
  const h = (isEncoder ? encoderSchema : textFamilies[COMPACT_TEXT]!.hyperparameters).parse(job.hyperparameters);
  const recipe = isEncoder ? await readEncoderRecipe(run) : compactRecipe(h, await parentWeights(run));
  const dataset = await findDataset(table, job.account_id, job.dataset_id);
  const { body } = await blobs.datasets.get(blobKeys.datasetFile(job.account_id, job.dataset_id));
  const plan = await recipe.prepare(reporter.during(body), {
    source: dataset?.text_format ?? givenDialect(profile),
    profile,
  });
  const { prepared, learner } = plan;
  const validated = prepared.data.validation !== undefined;
  const warnings = [
    ...duplicateWarnings(prepared),
    ...warningsOf(
      h,
      stepsOf({ hyperparameters: { ...h, batch_size: plan.batchSize }, rows: prepared.rows.training }),
      validated,
    ),
    ...plan.warnings,
  ];
  jobLog.tell(
    'INFO',
    `${prepared.rows.validation} of ${prepared.rows.training + prepared.rows.validation} texts are kept back, by ${prepared.splitBy}`,
  );
  for (const warning of warnings) jobLog.tell('WARN', warning);
  const { fit, stopReason } = await fitJob(run, {
    learner,
    hyperparameters: { ...h, batch_size: plan.batchSize, epochs: h.num_epochs },
    preparation: { task: 'classification', classes: h.labels, scale: { mean: 0, deviation: 1 } },
    data: prepared.data,
    // Only with rows that were kept back are there scores beside the loss and the accuracy.
    bestBy: validated
      ? {
          metric: `val_${HISTORY_NAMES[h.metric_for_best_model]}`,
          greaterIsBetter: greaterIsBetter(h),
          tieBreaker: 'val_loss',
        }
      : { metric: 'loss', greaterIsBetter: false, tieBreaker: 'loss' },
    more: ['precision', 'recall', 'f1_score'],
    dataName: `SHA-256 ${profile.sha256}, split ${h.validation_split}, parent ${job.parent_id ?? 'none'}${plan.basis}`,
  });
  await using evaluator = await plan.openEvaluation();
  const rule = { labels: h.labels, benignLabel: h.benign_label };
  const { judged } = prepared;
  const rows = judged?.rows ?? prepared.data.validation ?? prepared.data.training;
  const found = await probabilitiesOf(evaluator, fit.parameters, rows, learner.pieceRows);
  const evaluation = evaluateTexts({ ...rule, ...(judged ? worstOf(found, judged.texts, rule) : found) });
  for (const warning of evaluation.warnings) jobLog.tell('WARN', warning);
  const createdAt = isoTime(now());
  const spec = { job, profile, hyperparameters: h, plan, fit, evaluation, warnings, createdAt };
  return { artifacts: await makeTextArtifacts(spec), history: fit.history, createdAt, stopReason };
}

/** Of the model that the job starts from. */
async function parentWeights({ adapters, job }: Pick<FitJob, 'adapters' | 'job'>): Promise<Tensors | undefined> {
  if (job.parent_id === undefined) return undefined;
  const { body } = await adapters.blobs.artifacts.get(blobKeys.modelFile(job.account_id, job.parent_id, WEIGHTS_FILE));
  return readStateFile(await buffer(body)).tensors;
}

function duplicateWarnings({ alike, rows: { validation } }: SplitTexts): string[] {
  if (alike === 0) return [];
  return [
    `${alike} of ${validation} texts kept back are nearly the same as texts that were learned from, which flatters the scores; give rows a source to keep such texts together`,
  ];
}

function warningsOf(
  h: TextHyperparameters,
  { total, warmup }: { readonly total: number; readonly warmup: number },
  validated: boolean,
): string[] {
  const metric = h.metric_for_best_model;
  return [
    ...(warmup < h.warmup_steps
      ? [`warmup_steps was cut from ${h.warmup_steps} to ${warmup}: the training has ${total} steps`]
      : []),
    ...(validated || metric === 'loss'
      ? []
      : [`No rows were kept back, so the best epoch is the one with the lowest loss, not by ${metric}`]),
    ...(greaterIsBetter(h) === (metric === 'loss')
      ? [`greater_is_better is ${greaterIsBetter(h)} for the metric ${metric}: the best epoch is the worst by it`]
      : []),
  ];
}
