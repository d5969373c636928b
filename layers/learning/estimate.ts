import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import type { Kind } from './kind.ts';

/*
 * Measured on two cores of an x86-64 server with `node containers/trainer/main.ts`, from the start of the process to
 * the completed job, with the penguins and with generated rows.
 */
/** Starting the process, loading the runtime, compiling, and writing artifacts. */
const STARTUP_SECONDS = 1.5;
const SECONDS_PER_EPOCH = 0.002;
/** For the optimizer and the loop. */
const SECONDS_PER_STEP = 0.00015;
const FLOPS_PER_SECOND = 1e10;
/** Forward, backward with respect to inputs, and backward with respect to weights. */
const PASSES = 3;

export interface EstimateInput {
  readonly family: Family;
  /** As what the family reads the data. */
  readonly kind: Kind;
  readonly hyperparameters: CommonHyperparameters;
  readonly profile: DatasetProfile;
  readonly validationSplit: number;
  readonly testSplit: number;
  /** How many networks are fitted. Default: 1. */
  readonly fits?: number;
}

/** Estimates how long a training takes if it runs all epochs, in whole seconds, at least 1. */
export function estimateSeconds(input: EstimateInput): number {
  const { family, kind, hyperparameters: h, profile, validationSplit, testSplit, fits = 1 } = input;
  const { rows, ...outline } = kind.outline(profile, family.wanted?.(h) ?? {});
  const learned = rows * (1 - validationSplit - testSplit);
  const steps = Math.ceil(learned / h.batch_size);
  const shape = { input: outline.shape, outputs: profile.classes?.length ?? 1 };
  const flops = family.flopsPerRow(shape, h);
  const epoch =
    SECONDS_PER_EPOCH +
    steps * SECONDS_PER_STEP +
    ((learned * PASSES + rows * validationSplit) * flops) / FLOPS_PER_SECOND;
  return Math.max(1, Math.round(STARTUP_SECONDS + fits * (outline.seconds + h.epochs * epoch)));
}
