/** What a training produces: the files of a model, and the part of its record that they determine. */

import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Model } from '#domain/models/record.ts';
import type { Job } from '#domain/training/record.ts';
import { countParameters } from '#engine/training/network.ts';
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import type { Assessment } from './assess/assessment.ts';
import type { Calibration } from './assess/calibration.ts';
import type { Scores } from './fit/evaluate.ts';
import type { Fit } from './fit/fit.ts';
import { only } from './fit/judge.ts';
import { shapeOf } from './fit/task.ts';
import { kindNamed } from './kinds.ts';
import type { Prepared } from './prepared.ts';
import { modelCard } from './serving/card.ts';
import { CARD_FILE, ONNX_FILE, SERVING_FILE, SERVING_PROPERTY, type Serving } from './serving/description.ts';
import { exportModel } from './serving/export.ts';
import { REFERENCE_FILE, type Reference } from './serving/reference.ts';
import { splitName } from './split-by.ts';

/** Trainyard's version, as artifacts give it. */
export const VERSION = '0.1.0';

export interface ArtifactFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface ArtifactSpec {
  readonly job: Job;
  readonly profile: DatasetProfile;
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly prepared: Prepared;
  readonly fit: Fit;
  readonly assessment: Assessment;
  /** What the training used, found or given. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface Artifacts {
  readonly files: readonly ArtifactFile[];
  readonly record: Pick<
    Model,
    'architecture' | 'performance' | 'test_performance' | 'final_metrics' | 'training_config'
  >;
}

export function makeArtifacts(spec: ArtifactSpec): Artifacts {
  const { job, profile, family, hyperparameters, prepared, fit, createdAt } = spec;
  const { preparation, rows } = prepared;
  const shape = shapeOf(preparation);
  const network = family.network(shape, hyperparameters);
  const serving = describe(spec);
  const kind = kindNamed(serving.kind);
  const parameters = countParameters(network);
  const performance = { ...spec.assessment.metrics };
  const epochs = fit.history.loss?.length ?? 0;
  // A model file is handed on, and whoever opens it may pass its metadata on: it says how to call the model, and nothing
  // of the job and the data that it comes from. Those are in the record and the card.
  const meta = {
    producer: 'trainyard',
    producerVersion: VERSION,
    doc: `${family.label} predicting ${serving.target}.`,
    properties: { [SERVING_PROPERTY]: JSON.stringify(serving) },
  };
  const warnings = [...prepared.warnings, ...(profile.warnings ?? [])];
  const card = modelCard({
    ...{ job, profile: { ...profile, warnings }, serving, parameters, rows, epochs, performance, createdAt },
    leftOut: preparation.encoding.leftOut,
    inputs: kind.card(serving),
    unit: kind.unit,
    ...(fit.test ? { tested: withoutLoss(fit.test) } : {}),
    bestEpoch: fit.bestEpoch,
    monitor: fit.monitor,
    version: VERSION,
  });
  return {
    files: [
      {
        file: ONNX_FILE,
        bytes: exportModel(preparation, network, fit.parameters, meta),
        contentType: 'application/octet-stream',
      },
      { file: SERVING_FILE, bytes: Buffer.from(JSON.stringify(serving)), contentType: 'application/json' },
      ...referenceFile(preparation.encoding.reference?.(profile)),
      { file: CARD_FILE, bytes: Buffer.from(card), contentType: 'text/markdown; charset=utf-8' },
    ],
    record: {
      architecture: {
        input_shape: [...kind.inputShape(preparation.encoding)],
        output_classes: shape.outputs,
        parameters,
      },
      performance,
      ...(fit.test ? { test_performance: withoutLoss(fit.test) } : {}),
      final_metrics: {
        ...only(preparation.task, fit.training, 'train_'),
        ...only(preparation.task, fit.validation ?? {}, 'val_'),
        ...only(preparation.task, fit.test ?? {}, 'test_'),
      },
      training_config: {
        dataset_id: job.dataset_id,
        dataset_sha256: profile.sha256,
        ...job.hyperparameters,
        ...(hyperparameters.learning_rate === 'auto' ? { learning_rate_found: spec.learningRate } : {}),
        ...(hyperparameters.weight_decay === 'auto' ? { weight_decay_found: spec.weightDecay } : {}),
        validation_split: job.validation_split,
        test_split: job.test_split ?? 0,
        ...(job.cv === undefined ? {} : { cv: job.cv }),
        ...(job.parent_id === undefined ? {} : { start_from: job.parent_id }),
        split: {
          ...splitName(profile, kind, job),
          seed: hyperparameters.seed,
          [kind.unit === 'windows' ? 'windows' : 'rows']: { ...rows },
        },
        early_stopping: job.early_stopping,
        best_epoch: fit.bestEpoch,
        left_out: [...preparation.encoding.leftOut],
      },
    },
  };
}

const referenceFile = (reference: Reference | undefined): ArtifactFile[] =>
  reference === undefined
    ? []
    : [{ file: REFERENCE_FILE, bytes: Buffer.from(JSON.stringify(reference)), contentType: 'application/json' }];

const describe = ({ profile, assessment, prepared: { preparation } }: ArtifactSpec): Serving => ({
  format: 1,
  task: preparation.task,
  target: profile.target,
  ...preparation.encoding.served,
  classes: [...preparation.classes],
  ...servedCalibration(preparation.calibration),
  ...intervalsOf(assessment),
});

const servedCalibration = ({
  thresholds,
  ...rest
}: Calibration = {}): Pick<Serving, 'temperature' | 'threshold' | 'thresholds'> => ({
  ...rest,
  ...(thresholds ? { thresholds: [...thresholds] } : {}),
});

const intervalsOf = ({ regression }: Assessment): Pick<Serving, 'intervals'> =>
  regression && regression.intervals.length > 0 ? { intervals: [...regression.intervals] } : {};

const withoutLoss = ({ loss: _, ...scores }: Scores): Scores => scores;
