/** Turns a training request into a job's settings, checked against the dataset and the model family. */

import type { z } from 'zod';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { carriedWarnings } from '#domain/datasets/warnings.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Job } from '#domain/training/record.ts';
import type { Plan } from '#domain/training/waiting.ts';
import { check } from '#functions/http/validation/check.ts';
import { estimateSeconds } from '#learning/estimate.ts';
import type { Kind } from '#learning/kind.ts';
import { kindFor, kindNamed } from '#learning/kinds.ts';
import { listed } from '#learning/profile/target.ts';
import { withWarningsFor } from '#learning/read-warnings.ts';
import { dividing } from '#learning/split-by.ts';
import type { Family } from '#zoo/family.ts';
import { families, modelTypes } from '#zoo/registry.ts';
import { DEFAULT_MONITOR, type earlyStoppingRequest, monitorsOf } from './fields.ts';
import { expectOptions } from './plan-options.ts';

export interface TrainingRequest {
  readonly model_type: string;
  readonly hyperparameters: unknown;
  readonly validation_split: number;
  /** Default: 0. Jobs of earlier builds have none. */
  readonly test_split?: number | undefined;
  readonly split?: Job['split'];
  /** Parts of a cross-validation. Default: there is none. */
  readonly cv?: number | undefined;
  readonly early_stopping: z.output<typeof earlyStoppingRequest>;
}

/** The largest share of rows that can be kept back for validation and a test. */
export const MOST_KEPT_BACK = 0.9;

/** How many parts a cross-validation may have. */
export const CV_PARTS = { min: 2, max: 20 } as const;

/** Throws `ValidationError`. */
export function findFamily(modelType: string): Family {
  const family = Object.hasOwn(families, modelType) ? families[modelType] : undefined;
  if (family) return family;
  throw ValidationError.of('model_type', `must be one of ${modelTypes.join(', ')}; got ${JSON.stringify(modelType)}`);
}

/** Throws `ValidationError`. */
export function planTraining(family: Family, request: TrainingRequest, profile: DatasetProfile): Plan {
  const { task } = profile;
  if (task === undefined) {
    throw ValidationError.of(
      'dataset_id',
      'must be a dataset with a target; this one is unlabelled; PATCH /datasets/{dataset_id} with unlabelled false and its target changes that',
    );
  }
  const fitting = Object.values(families).filter((one) => one.tasks.includes(task) && kindFor(one, profile));
  const kind = expectKind(family, profile, fitting);
  if (!family.tasks.includes(task)) {
    throw ValidationError.of(
      'model_type',
      `must be a model type for ${task}, as the dataset is: ${namesOf(fitting)}; ${family.name} is for ${family.tasks.join(' and ')}`,
    );
  }
  expectRowsLeft(request);
  expectParts(request, profile);
  expectDivisible(request, profile, kind);
  const hyperparameters = check(family.hyperparameters, request.hyperparameters, {
    root: 'hyperparameters',
    within: 'hyperparameters',
  });
  const wanted = family.wanted?.(hyperparameters) ?? {};
  kind.expect?.(profile, wanted);
  expectOptions(hyperparameters, profile, request.validation_split);
  expectNeeds(family.needs?.(hyperparameters) ?? {}, profile);
  return {
    model_type: family.name,
    task,
    hyperparameters: { ...hyperparameters },
    validation_split: request.validation_split,
    test_split: request.test_split ?? 0,
    early_stopping: planStopping(request, task),
    total_epochs: hyperparameters.epochs,
    estimated_time: estimateSeconds({
      ...{ family, kind, hyperparameters, profile },
      validationSplit: request.validation_split,
      testSplit: request.test_split ?? 0,
      fits: 1 + (request.cv ?? 0),
    }),
    data_bytes: kind.outline(profile, wanted).bytes,
    warnings: carriedWarnings(withWarningsFor(family, profile).warnings),
  };
}

const namesOf = (some: readonly Family[]): string => some.map(({ name }) => name).join(', ') || 'none';

/** Throws `ValidationError` saying which model types take the data. */
function expectKind(family: Family, profile: DatasetProfile, fitting: readonly Family[]): Kind {
  const kind = kindFor(family, profile);
  if (kind) return kind;
  const features = `as features, where this one has ${profile.features.length}`;
  const taken = family.kinds.map((name) => {
    const { label, tables, besides } = kindNamed(name);
    if (!tables || (profile.kind ?? 'table') !== 'table') return label;
    const left = besides?.(profile);
    const hint = left ? `; it is one with the role ignore for ${left} (PATCH /datasets/{dataset_id})` : '';
    return `${label}, also as tables that have ${tables}, ${features}${hint}`;
  });
  throw ValidationError.of(
    'model_type',
    `must be a model type for ${kindNamed(profile.kind).label}, as the dataset is: ${namesOf(fitting)}; ${family.name} takes ${taken.join(' and ')}`,
  );
}

/** Throws `ValidationError` for a feature that the family must find among the numbers. */
function expectNeeds(needs: Readonly<Record<string, string>>, { features, columns, sha256 }: DatasetProfile): void {
  // Nobody has read the file yet: its job is checked again once somebody has.
  if (sha256 === '') return;
  const isNumber = new Set(columns.filter(({ type }) => type === 'number').map(({ name }) => name));
  const numbers = features.filter((name) => isNumber.has(name));
  for (const [field, name] of Object.entries(needs)) {
    if (numbers.includes(name) && features.length > 1) continue;
    throw ValidationError.of(
      `hyperparameters.${field}`,
      `must be a feature that is a number, beside others: ${listed(numbers)}; got ${JSON.stringify(name)}`,
    );
  }
}

/** 0.7 and 0.2 are allowed, although their sum is not exactly 0.9. */
function expectRowsLeft({ validation_split, test_split = 0 }: TrainingRequest): void {
  const sum = validation_split + test_split;
  if (sum <= MOST_KEPT_BACK + Number.EPSILON) return;
  const most = Number((MOST_KEPT_BACK - validation_split).toPrecision(12));
  throw ValidationError.of(
    'test_split',
    `must be at most ${most} beside validation_split ${validation_split}: together at most ${MOST_KEPT_BACK}; got ${test_split}`,
  );
}

/** Throws `ValidationError` for more parts than rows. */
function expectParts({ cv }: TrainingRequest, { rows, sha256 }: DatasetProfile): void {
  if (cv === undefined || sha256 === '' || cv <= rows) return;
  throw ValidationError.of('cv', `must be at most the number of rows, ${rows}; got ${cv}`);
}

/** Throws `ValidationError` for a way to divide rows that are divided otherwise. */
function expectDivisible({ split }: TrainingRequest, profile: DatasetProfile, { unit }: Kind): void {
  if (split === undefined) return;
  const column = dividing(profile);
  if (column) {
    throw ValidationError.of(
      'split',
      `must be left out: the column ${JSON.stringify(column.name)}, which has the role ${column.role}, divides the rows; got ${split}`,
    );
  }
  if (unit === 'windows') {
    throw ValidationError.of(
      'split',
      `must be left out for series, whose windows overlap: the latest are kept back; got ${split}`,
    );
  }
}

/**
 * Without early stopping, the default is replaced where there are no validation rows: whoever does not want early stopping
 * need not name a monitor. What was named otherwise has to be possible.
 */
function planStopping(
  { early_stopping, validation_split }: TrainingRequest,
  task: Plan['task'],
): Job['early_stopping'] {
  const possible = monitorsOf(task, validation_split > 0);
  if (possible.includes(early_stopping.monitor)) return early_stopping;
  if (!early_stopping.enabled && early_stopping.monitor === DEFAULT_MONITOR) {
    return { ...early_stopping, monitor: 'loss' };
  }
  throw ValidationError.of(
    'early_stopping.monitor',
    `must be ${possible.join(' or ')} for ${task} with validation_split ${validation_split}; got ${early_stopping.monitor}`,
  );
}

/**
 * What a dataset that is still processing may turn out to be, to check what can be checked before and to estimate the
 * time: of the kind that the family takes best, with the type that was given, otherwise with one that allows the most.
 */
export function guessProfile(family: Family, { file_size, dataset_type }: Dataset): DatasetProfile {
  return {
    ...kindNamed(family.kinds[0]).guess(file_size),
    task: dataset_type === 'auto' ? family.tasks.toSorted()[0]! : dataset_type,
    rows_without_target: 0,
    delimiter: ',',
    quote: '"',
    sha256: '',
  };
}
