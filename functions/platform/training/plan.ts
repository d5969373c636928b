/** Turns a training request into a job's settings, checked against the dataset and the model family. */
import type { z } from 'zod';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Job } from '#domain/training/record.ts';
import { check } from '#functions/http/validation/check.ts';
import { estimateSeconds } from '#learning/estimate.ts';
import { residentBytes } from '#learning/tabular/resident.ts';
import type { Family } from '#zoo/family.ts';
import { families, modelTypes } from '#zoo/registry.ts';
import { type earlyStoppingRequest, monitorsOf } from './fields.ts';

export interface TrainingRequest {
  readonly model_type: string;
  readonly hyperparameters: unknown;
  readonly validation_split: number;
  readonly early_stopping: z.output<typeof earlyStoppingRequest>;
}

export type Plan = Pick<
  Job,
  | 'model_type'
  | 'task'
  | 'hyperparameters'
  | 'validation_split'
  | 'early_stopping'
  | 'total_epochs'
  | 'estimated_time'
  | 'data_bytes'
>;

/** Throws `ValidationError`. */
export function findFamily(modelType: string): Family {
  const family = Object.hasOwn(families, modelType) ? families[modelType] : undefined;
  if (family) return family;
  throw ValidationError.of('model_type', `must be one of ${modelTypes.join(', ')}; got ${JSON.stringify(modelType)}`);
}

/** Throws `ValidationError`. */
export function planTraining(family: Family, request: TrainingRequest, profile: DatasetProfile): Plan {
  const { task } = profile;
  if (!family.tasks.includes(task)) {
    throw ValidationError.of(
      'model_type',
      `must be a model type for ${task}, as the dataset is; ${family.name} is for ${family.tasks.join(' and ')}`,
    );
  }
  const hyperparameters = check(family.hyperparameters, request.hyperparameters, {
    root: 'hyperparameters',
    within: 'hyperparameters',
  });
  return {
    model_type: family.name,
    task,
    hyperparameters: { ...hyperparameters },
    validation_split: request.validation_split,
    early_stopping: planStopping(request, task),
    total_epochs: hyperparameters.epochs,
    estimated_time: estimateSeconds({ family, hyperparameters, profile, validationSplit: request.validation_split }),
    data_bytes: residentBytes(profile),
  };
}

/** Without early stopping an impossible monitor, such as the default, is replaced silently. */
function planStopping(
  { early_stopping, validation_split }: TrainingRequest,
  task: Plan['task'],
): Job['early_stopping'] {
  const possible = monitorsOf(task, validation_split > 0);
  if (possible.includes(early_stopping.monitor)) return early_stopping;
  if (!early_stopping.enabled) return { ...early_stopping, monitor: 'loss' };
  throw ValidationError.of(
    'early_stopping.monitor',
    `must be ${possible.join(' or ')} for ${task} with validation_split ${validation_split}; got ${early_stopping.monitor}`,
  );
}
