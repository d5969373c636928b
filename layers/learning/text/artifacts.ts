/** What a training on texts produces: the files of a model, and the part of its record that they determine. */
import { labelAt } from '#engine/ops/labels.ts';
import { softmax } from '#engine/ops/norm.ts';
import { argMax } from '#engine/ops/reduce.ts';
import { constantParameters, countParameters } from '#engine/training/network.ts';
import { writeStateFile } from '#engine/training/state-file.ts';
import { compileInference } from '#engine/training/step.ts';
import { type } from '#engine/type.ts';
import { compactTextLogits } from '#zoo/compact-text.ts';
import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';
import { type Artifacts, VERSION } from '../artifacts.ts';
import type { Fit, Learner } from '../fit/fit.ts';
import { only } from '../fit/judge.ts';
import { CARD_FILE, ONNX_FILE } from '../serving/description.ts';
import { type TextTraining, textCard } from './card.ts';
import { DEFAULT_THRESHOLD, TEXT_FILE, type TextServing, WEIGHTS_FILE } from './description.ts';
import type { Evaluation } from './evaluation.ts';
import { featurizerOf } from './learner.ts';

export interface TextArtifactSpec extends TextTraining {
  readonly hyperparameters: TextHyperparameters;
  readonly learner: Learner;
}

const BINARY = 'application/octet-stream';

export function makeTextArtifacts(spec: TextArtifactSpec): Artifacts {
  const { job, profile, hyperparameters: h, learner, prepared, fit, evaluation, warnings } = spec;
  const serving: TextServing = {
    format: 1,
    featurizer: featurizerOf(h),
    labels: [...h.labels],
    benign_label: h.benign_label,
    thresholds: Object.fromEntries(h.labels.map((label) => [label, evaluation.thresholds[label] ?? DEFAULT_THRESHOLD])),
  };
  const parameters = countParameters(learner.network);
  return {
    files: [
      { file: ONNX_FILE, bytes: exportTextModel(fit, serving), contentType: BINARY },
      { file: TEXT_FILE, bytes: Buffer.from(JSON.stringify(serving)), contentType: 'application/json' },
      { file: WEIGHTS_FILE, bytes: Buffer.concat(writeStateFile(fit.parameters)), contentType: BINARY },
      {
        file: CARD_FILE,
        bytes: Buffer.from(textCard({ ...spec, parameters, serving, version: VERSION })),
        contentType: 'text/markdown; charset=utf-8',
      },
    ],
    record: {
      architecture: { input_shape: [1], output_classes: h.labels.length, parameters },
      performance: performanceOf(evaluation),
      final_metrics: {
        ...only('classification', fit.training, 'train_'),
        ...only('classification', fit.validation ?? {}, 'val_'),
      },
      training_config: {
        dataset_id: job.dataset_id,
        dataset_sha256: profile.sha256,
        ...job.hyperparameters,
        best_epoch: fit.bestEpoch,
        split_by: prepared.splitBy,
        evaluation: { ...evaluation },
        warnings: [...warnings],
      },
    },
  };
}

/** Inputs: `buckets`, int32, and `weights`, float32, both [texts, places]. Outputs as those of every classification. */
function exportTextModel(fit: Fit, serving: TextServing): Uint8Array {
  return compileInference({
    inputs: { buckets: type('int32', ['texts', 'places']), weights: type('float32', ['texts', 'places']) },
    build: (b, { buckets, weights }) => {
      const logits = compactTextLogits(b, constantParameters(b, fit.parameters), buckets!, weights!, {
        training: false,
      });
      return { label: labelAt(b, argMax(b, logits), serving.labels), probabilities: softmax(b, logits) };
    },
    meta: {
      producer: 'trainyard',
      producerVersion: VERSION,
      doc: 'compact-text: classes of texts. The inputs are hashed n-grams, as the property text says.',
      properties: { text: JSON.stringify(serving) },
    },
  });
}

/** The scores that are not null; precision, recall and F1 as in other models are the mean over the classes. */
function performanceOf(evaluation: Evaluation): Record<string, number> {
  const { accuracy, precision_macro, recall_macro, f1_macro, f1_weighted } = evaluation;
  const { precision_weighted, recall_weighted, roc_auc } = evaluation;
  const { recall_at_1_percent_fpr, recall_at_0_1_percent_fpr } = evaluation;
  const all: Record<string, number | null> = {
    ...{ accuracy, precision: precision_macro, recall: recall_macro, f1_score: f1_macro },
    ...{ precision_weighted, recall_weighted, f1_weighted },
    ...{ recall_at_1_percent_fpr, recall_at_0_1_percent_fpr, roc_auc },
  };
  return Object.fromEntries(Object.entries(all).filter((one): one is [string, number] => one[1] !== null));
}
