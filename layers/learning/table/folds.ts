/**
 * The parts of a cross-validation. Each is for validation once, while the others are learned from:
 *
 *     random, by strata, or whole groups:  V T T T    T V T T    T T V T    T T T V
 *     by time, nothing of the future:      T V . . .  T T V . .  T T T V .  T T T T V
 */
import { uniformStream } from '#engine/random.ts';
import { shuffle } from '#engine/shuffle.ts';
import { TrainingFailure } from '../failure.ts';
import type { SplitBy, Target } from './columns.ts';
import type { Fold } from './split-sizes.ts';
import { strataOf } from './strata.ts';

export interface FoldRows {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

interface Folding {
  readonly target: Target;
  /** Row numbers, ascending: those that are not for the test. */
  readonly rows: Int32Array;
  readonly seed: number;
  readonly splitBy?: SplitBy | undefined;
  readonly isRandom?: boolean | undefined;
}

/**
 * As `StratifiedKFold` or `KFold`, `GroupKFold` and `TimeSeriesSplit` of scikit-learn divide. The same seed gives the same parts.
 * @throws TrainingFailure if there are fewer rows or groups than parts
 */
export function foldRows(folding: Folding, { index, of }: Fold): FoldRows {
  const { rows, splitBy } = folding;
  if (splitBy?.by === 'time') return byTime(rows, splitBy.values, { index, of });
  const parts = splitBy ? groupParts(folding, splitBy.values, of) : strataParts(folding, of);
  return {
    training: rows.filter((_, i) => parts[i] !== index),
    validation: rows.filter((_, i) => parts[i] === index),
  };
}

/** Deals the rows of one stratum after another, so that sizes differ by at most one, in all and of each stratum. */
function strataParts({ target, rows, seed, isRandom }: Folding, of: number): Int32Array {
  expectAtLeast(of, rows.length, 'rows');
  const places = new Map(Array.from(rows, (row, place) => [row, place]));
  const parts = new Int32Array(rows.length);
  const uniform = uniformStream(seed, 'cross-validation');
  let next = 0;
  for (const stratum of isRandom ? [rows] : strataOf(target)) {
    const kept = stratum.filter((row) => places.has(row));
    shuffle(kept, uniform);
    for (const row of kept) parts[places.get(row)!] = next++ % of;
  }
  return parts;
}

/** The largest groups first, each to the part that has the fewest rows. A row without a group is one of its own. */
function groupParts({ rows, seed }: Folding, groups: Int32Array, of: number): Int32Array {
  const members = Map.groupBy(rows.keys(), (place) => {
    const group = groups[rows[place]!]!;
    return group < 0 ? -1 - rows[place]! : group;
  });
  expectAtLeast(of, members.size, 'groups');
  const keys = Int32Array.from(members.keys());
  shuffle(keys, uniformStream(seed, 'cross-validation'));
  const parts = new Int32Array(rows.length);
  const sizes = new Int32Array(of);
  for (const key of Array.from(keys).sort((a, b) => members.get(b)!.length - members.get(a)!.length)) {
    const places = members.get(key)!;
    const part = sizes.indexOf(Math.min(...sizes));
    for (const place of places) parts[place] = part;
    sizes[part]! += places.length;
  }
  return parts;
}

/** Rows without a time come first. Rows after those for validation are for nothing. */
function byTime(rows: Int32Array, times: Float64Array, { index, of }: Fold): FoldRows {
  expectAtLeast(of + 1, rows.length, 'rows');
  const at = (row: number): number => (Number.isNaN(times[row]!) ? Number.NEGATIVE_INFINITY : times[row]!);
  const order = rows.slice().sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a - b));
  const size = Math.floor(order.length / (of + 1));
  const end = order.length - (of - index) * size;
  return { training: order.slice(0, end).sort(), validation: order.slice(end, end + size).sort() };
}

function expectAtLeast(least: number, got: number, what: string): void {
  if (got >= least) return;
  throw new TrainingFailure(`There must be at least ${least} ${what} for the cross-validation; got ${got}`);
}
