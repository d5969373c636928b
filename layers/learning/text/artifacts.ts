/** What a training on texts produces: the files of a model, and the part of its record that they determine. */
import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';
import { type Artifacts, VERSION } from '../artifacts.ts';
import { only } from '../fit/judge.ts';
import { CARD_FILE } from '../serving/description.ts';
import { type TextTraining, textCard } from './card.ts';
import { ruleOf } from './description.ts';
import type { Evaluation } from './evaluation.ts';
import { makeInt8 } from './int8.ts';
import { measureOverDefence } from './over-defence.ts';

export interface TextArtifactSpec extends TextTraining {
  readonly hyperparameters: TextHyperparameters;
}

export async function makeTextArtifacts(spec: TextArtifactSpec): Promise<Artifacts> {
  const { job, profile, hyperparameters: h, plan, fit, warnings } = spec;
  const rule = ruleOf(h.labels, h.benign_label, spec.evaluation.thresholds);
  const { parameters } = plan;
  const files = await plan.files(fit, rule);
  const int8 = await makeInt8(plan, files, rule);
  const over_defence = await measureOverDefence(files, h.labels, h.benign_label);
  const evaluation = { ...spec.evaluation, over_defence, ...(int8 ? { int8: int8.report } : {}) };
  return {
    files: [
      ...files,
      ...(int8 ? [int8.file] : []),
      {
        file: CARD_FILE,
        bytes: Buffer.from(textCard({ ...spec, evaluation, parameters, rule, version: VERSION })),
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
        split_by: plan.prepared.splitBy,
        evaluation: { ...evaluation },
        warnings: [...warnings],
      },
    },
  };
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
