/** How many rows a split keeps back, counted as scikit-learn's `train_test_split` counts them: fractions are rounded up. */

/** One of the parts into which a cross-validation divides the rows that are not for the test. */
export interface Fold {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** The shares of all rows that are kept back. */
export interface Fractions {
  /** Decides which epoch is the best, 0–0.9. */
  readonly validation: number;
  /** Decides nothing, so that the scores on it are honest. Default: 0. Both together are at most 0.9. */
  readonly test?: number | undefined;
  /** The rows of this part are those for validation, however many `validation` says. */
  readonly fold?: Fold | undefined;
  /** Whether the target has no part in it: there are no strata. Default: no. */
  readonly isRandom?: boolean;
}

export interface Sizes {
  readonly validation: number;
  readonly test: number;
}

/**
 * Of `count` rows or groups. At least one is left to learn from, and at least one for each share that is not 0, as long
 * as there are so many.
 */
export function sizesOf(count: number, { validation, test = 0 }: Fractions): Sizes {
  const wanted = Math.ceil(count * validation);
  const tested = Math.min(Math.ceil(count * test), Math.max(0, count - 1 - Math.min(1, wanted)));
  return { validation: Math.min(wanted, Math.max(0, count - 1 - tested)), test: tested };
}

/**
 * Divides a number of rows among strata in proportion to their sizes: each gets the whole part of its share, and those
 * with the largest remainders one more. What does not fit into `room` goes to the strata that have room.
 * @param order which stratum comes first where remainders are equal
 */
export function apportion(
  wanted: number,
  sizes: readonly number[],
  room: readonly number[],
  order: readonly number[],
): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shares = sizes.map((size) => (total === 0 ? 0 : (size * wanted) / total));
  const taken = shares.map((share, i) => Math.min(Math.floor(share), room[i]!));
  let left = wanted - taken.reduce((sum, take) => sum + take, 0);
  const byRemainder = order.toSorted((a, b) => (shares[b]! % 1) - (shares[a]! % 1));
  for (let given = -1; left > 0 && given !== 0; ) {
    given = 0;
    for (const i of byRemainder) {
      if (left === given || taken[i]! >= room[i]!) continue;
      taken[i]!++;
      given++;
    }
    left -= given;
  }
  return taken;
}
