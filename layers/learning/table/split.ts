/** Splits rows into those to learn from, those for validation, and those for a test. */
import { uniformStream } from '#engine/random.ts';
import { ascending, shuffle, shuffled } from '#engine/shuffle.ts';
import { TrainingFailure } from '../failure.ts';
import { countOf, type SplitBy, type Target } from './columns.ts';
import { foldRows } from './folds.ts';
import { apportion, type Fractions, sizesOf } from './split-sizes.ts';
import { strataOf } from './strata.ts';

/** Row numbers, ascending. */
export interface Split {
  readonly training: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/**
 * Keeps back fractions of the rows: the same share of each class or, for a regression, of each tenth of the rows by target.
 * At least one row of each stratum stays in training. The same seed gives the same rows. Where it is to be random, all rows
 * are one stratum. With `splitBy` there are no
 * strata: all rows of a group are on one side, and the fractions are of the groups; or the latest rows are the ones for the
 * test, and the latest before them those for validation. With `fold`, the rows for validation are those of a part.
 */
export function splitRows(target: Target, fractions: Fractions, seed: number, splitBy?: SplitBy): Split {
  const { fold, ...rest } = fractions;
  if (fold) {
    // The rows for the test are those of the model that is trained in the end.
    const { training, validation, test } = splitRows(target, rest, seed, splitBy);
    const rows = merged(training, validation);
    return { ...foldRows({ target, rows, seed, splitBy, isRandom: rest.isRandom }, fold), test };
  }
  if (splitBy?.by === 'time') return splitByTime(splitBy.values, fractions);
  if (splitBy?.by === 'group') return splitByGroup(splitBy.values, fractions, seed);
  const wanted = sizesOf(countOf(target), fractions);
  if (wanted.validation + wanted.test === 0)
    return { training: ascending(countOf(target)), validation: new Int32Array(), test: new Int32Array() };
  const strata = fractions.isRandom
    ? [Int32Array.from({ length: countOf(target) }, (_, row) => row)]
    : strataOf(target);
  const sizes = strata.map(({ length }) => length);
  const order = Array.from(shuffled(strata.length, uniformStream(seed, 'strata')));
  const tests = apportion(
    wanted.test,
    sizes,
    sizes.map((size) => Math.max(0, size - 1)),
    order,
  );
  const validations = apportion(
    wanted.validation,
    sizes,
    sizes.map((size, i) => Math.max(0, size - 1 - tests[i]!)),
    order,
  );
  const uniform = uniformStream(seed, 'validation split');
  const sides = new Sides(countOf(target));
  for (const [i, rows] of strata.entries()) {
    shuffle(rows, uniform);
    sides.take('validation', rows.subarray(0, validations[i]!));
    sides.take('test', rows.subarray(validations[i]!, validations[i]! + tests[i]!));
  }
  return sides.split();
}

function merged(one: Int32Array, other: Int32Array): Int32Array {
  const all = new Int32Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all.sort();
}

const SIDES = ['training', 'validation', 'test'] as const;

class Sides {
  readonly #side: Uint8Array;

  constructor(rows: number) {
    this.#side = new Uint8Array(rows);
  }

  take(side: keyof Split, rows: Iterable<number>): void {
    const number = SIDES.indexOf(side);
    for (const row of rows) this.#side[row] = number;
  }

  split(): Split {
    const sizes = SIDES.map(() => 0);
    for (let row = 0; row < this.#side.length; row++) sizes[this.#side[row]!]!++;
    const [training, validation, test] = sizes.map((size, side) => this.#rowsOf(side, size));
    return { training: training!, validation: validation!, test: test! };
  }

  #rowsOf(side: number, size: number): Int32Array {
    const sides = this.#side;
    const rows = new Int32Array(size);
    for (let row = 0, at = 0; at < size; row++) if (sides[row] === side) rows[at++] = row;
    return rows;
  }
}

/** Rows without a time come first. Rows of one time are in the order of the file. */
function splitByTime(times: Float64Array, fractions: Fractions): Split {
  const at = (row: number): number => (Number.isNaN(times[row]!) ? Number.NEGATIVE_INFINITY : times[row]!);
  const order = Int32Array.from(times.keys()).sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  const { validation, test } = sizesOf(order.length, fractions);
  const tested = order.length - test;
  const sides = new Sides(order.length);
  sides.take('validation', order.subarray(tested - validation, tested));
  sides.take('test', order.subarray(tested));
  return sides.split();
}

/** Takes groups in random order. */
function splitByGroup(groups: Int32Array, fractions: Fractions, seed: number): Split {
  const rowsOf = Map.groupBy(groups.keys(), (row) => keyOf(groups, row));
  const keys = Int32Array.from(rowsOf.keys());
  shuffle(keys, uniformStream(seed, 'validation split'));
  const { validation, test } = sizesOf(keys.length, fractions);
  const sides = new Sides(groups.length);
  for (const [i, key] of keys.subarray(0, validation + test).entries()) {
    sides.take(i < validation ? 'validation' : 'test', rowsOf.get(key)!);
  }
  return sides.split();
}

/** Each row without a group is one of its own. */
const keyOf = (groups: Int32Array, row: number): number => (groups[row]! < 0 ? -1 - row : groups[row]!);

/** @throws TrainingFailure if there are too few rows to learn from, or too few groups to keep some back */
export function expectEnough({ training, validation, test }: Split, fractions: Fractions, splitBy?: SplitBy): void {
  const lacking = [
    ...(fractions.validation > 0 && validation.length === 0 ? ['validation'] : []),
    ...((fractions.test ?? 0) > 0 && test.length === 0 ? ['the test'] : []),
  ];
  if (splitBy?.by === 'group' && lacking.length > 0) {
    const { size } = new Set(splitBy.values.keys().map((row) => keyOf(splitBy.values, row)));
    const least = 1 + Number(fractions.validation > 0) + Number((fractions.test ?? 0) > 0);
    throw new TrainingFailure(
      `There must be at least ${least} groups, of which some are kept back for ${lacking.join(' and ')}; got ${size}`,
    );
  }
  expectRows(training);
}

/** @throws TrainingFailure if there are too few rows to learn from */
export function expectRows({ length }: Int32Array): void {
  if (length < 2) throw new TrainingFailure(`There must be at least 2 rows to learn from; got ${length}`);
}
