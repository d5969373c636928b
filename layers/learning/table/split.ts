/** Splits rows into training and validation rows. */
import { uniformStream } from '#engine/random.ts';
import { shuffle } from '#engine/shuffle.ts';
import { TrainingFailure } from '../failure.ts';
import type { SplitBy, Target } from './columns.ts';

/** Row numbers, ascending. */
export interface Split {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/** The number of strata of a regression: rows with neighbouring targets are in the same stratum. */
const BINS = 10;

/**
 * Takes `fraction` of the rows for validation: the same share of each class or, for a regression, of each tenth of the
 * rows by target. At least one row of each stratum stays in training. The same seed gives the same rows. With `splitBy`
 * there are no strata: all rows of a group are on one side, or the latest rows are the ones for validation.
 */
export function splitRows(target: Target, fraction: number, seed: number, splitBy?: SplitBy): Split {
  if (splitBy?.by === 'time') return splitByTime(splitBy.values, fraction);
  if (splitBy?.by === 'group') return splitByGroup(splitBy.values, fraction, seed);
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
  return sides(isValidation);
}

function sides(isValidation: Uint8Array): Split {
  const all = Int32Array.from(isValidation.keys());
  return { training: all.filter((row) => !isValidation[row]), validation: all.filter((row) => isValidation[row]) };
}

/** Rows without a time come first. Rows of one time are in the order of the file. */
function splitByTime(times: Float64Array, fraction: number): Split {
  const at = (row: number): number => (Number.isNaN(times[row]!) ? Number.NEGATIVE_INFINITY : times[row]!);
  const order = Int32Array.from(times.keys()).sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  const isValidation = new Uint8Array(times.length);
  for (const row of order.subarray(order.length - Math.round(order.length * fraction))) isValidation[row] = 1;
  return sides(isValidation);
}

/** Takes groups in random order, each if that brings the number of rows nearer to the fraction; never all of them. */
function splitByGroup(groups: Int32Array, fraction: number, seed: number): Split {
  const rowsOf = new Map<number, number[]>();
  for (const [row, group] of groups.entries()) {
    // Each row without a group is one of its own.
    const key = group < 0 ? -1 - row : group;
    const rows = rowsOf.get(key);
    if (rows) rows.push(row);
    else rowsOf.set(key, [row]);
  }
  const keys = Int32Array.from(rowsOf.keys());
  shuffle(keys, uniformStream(seed, 'validation split'));
  const wanted = groups.length * fraction;
  const isValidation = new Uint8Array(groups.length);
  let taken = 0;
  for (const key of keys) {
    const rows = rowsOf.get(key)!;
    const isNearer = Math.abs(taken + rows.length - wanted) < Math.abs(taken - wanted);
    if (!isNearer || taken + rows.length === groups.length) continue;
    for (const row of rows) isValidation[row] = 1;
    taken += rows.length;
  }
  return sides(isValidation);
}

/** @throws TrainingFailure if there are too few rows to learn from */
export function expectEnough({ training, validation }: Split, splitBy?: SplitBy, fraction = 0): void {
  if (splitBy?.by === 'group' && fraction > 0 && validation.length === 0) {
    throw new TrainingFailure('There must be at least 2 groups, of which some are kept back for validation; got 1');
  }
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
