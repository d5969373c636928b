import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import { usableColumns } from './tabular/resident.ts';

/*
 * Measured on two cores of an x86-64 server with `node containers/trainer/main.ts`, from the start of the process to
 * the completed job, with the penguins and with generated rows.
 */
/** Starting the process, loading the runtime, compiling, and writing artifacts. */
const STARTUP_SECONDS = 1.5;
const SECONDS_PER_EPOCH = 0.002;
/** For the optimizer and the loop. */
const SECONDS_PER_STEP = 0.00015;
/** For reading and encoding. */
const SECONDS_PER_CELL = 4e-7;
const FLOPS_PER_SECOND = 1e10;
/** Forward, backward with respect to inputs, and backward with respect to weights. */
const PASSES = 3;

export interface EstimateInput {
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly profile: DatasetProfile;
  readonly validationSplit: number;
  readonly testSplit: number;
}

/** Estimates how long a training takes if it runs all epochs, in whole seconds, at least 1. */
export function estimateSeconds({
  family,
  hyperparameters: h,
  profile,
  validationSplit,
  testSplit,
}: EstimateInput): number {
  const rows = profile.rows - profile.rows_without_target;
  const learned = rows * (1 - validationSplit - testSplit);
  const steps = Math.ceil(learned / h.batch_size);
  const shape = { features: Math.max(1, width(profile)), outputs: profile.classes?.length ?? 1 };
  const flops = family.flopsPerRow(shape, h);
  const epoch =
    SECONDS_PER_EPOCH +
    steps * SECONDS_PER_STEP +
    ((learned * PASSES + rows * validationSplit) * flops) / FLOPS_PER_SECOND;
  const reading = profile.rows * profile.columns.length * SECONDS_PER_CELL;
  return Math.max(1, Math.round(STARTUP_SECONDS + reading + h.epochs * epoch));
}

/** The expected number of encoded values per row, from the profile. */
function width(profile: DatasetProfile): number {
  return usableColumns(profile).reduce(
    (sum, column) => sum + places[column.type](column) + Number(column.missing > 0),
    0,
  );
}

const places: Readonly<Record<ColumnProfile['type'], (column: ColumnProfile) => number>> = {
  number: () => 1,
  timestamp: () => 1,
  category: ({ distinct }) => distinct,
  boolean: () => 2,
  text: () => 0,
};
