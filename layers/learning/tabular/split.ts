/** Splits rows into training and validation rows. */
import { uniformStream } from '#engine/random.ts';
import { shuffle } from '#engine/shuffle.ts';
import { TrainingFailure } from '../failure.ts';
import type { Target } from './columns.ts';

/** Row numbers, ascending. */
export interface Split {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/** The number of strata of a regression: rows with neighbouring targets are in the same stratum. */
const BINS = 10;

/**
 * Takes `fraction` of the rows for validation: the same share of each class or, for a regression, of each tenth of the
 * rows by target. At least one row of each stratum stays in training. The same seed gives the same rows.
 */
export function splitRows(target: Target, fraction: number, seed: number): Split {
  const strata =
    target.task === 'classification' ? byClass(target.values, target.classes.length) : byRank(target.values);
  const uniform = uniformStream(seed, 'validation split');
  const isValidation = new Uint8Array(target.values.length);
  // What rounding takes from one stratum is given to the next, so that the total has the right size.
  let owed = 0;
  for (const rows of strata) {
    owed += rows.length * fraction;
    const take = Math.max(0, Math.min(Math.round(owed), rows.length - 1));
    owed -= take;
    shuffle(rows, uniform);
    for (const row of rows.subarray(0, take)) isValidation[row] = 1;
  }
  const all = Int32Array.from(isValidation.keys());
  return { training: all.filter((row) => !isValidation[row]), validation: all.filter((row) => isValidation[row]) };
}

/** @throws TrainingFailure if there are too few rows to learn from */
export function expectEnough({ training }: Split): void {
  if (training.length < 2)
    throw new TrainingFailure(`There must be at least 2 rows to learn from; got ${training.length}`);
}

function byClass(codes: Int32Array, classes: number): Int32Array[] {
  const sizes = new Int32Array(classes);
  for (const code of codes) sizes[code]!++;
  const strata = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(classes);
  for (const [row, code] of codes.entries()) strata[code]![filled[code]!++] = row;
  return strata;
}

function byRank(values: Float64Array): Int32Array[] {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  const size = Math.max(1, Math.ceil(order.length / BINS));
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}
