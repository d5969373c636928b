/** Rows that are alike in their targets: a split has the same share of each. */
import type { Target } from './columns.ts';

/** The number of strata of a regression: rows with neighbouring targets are in the same stratum. */
const BINS = 10;

/** Rows with one set of labels are a stratum if they are so many; all others are one together. */
const LEAST_ALIKE = 10;

/**
 * The rows of each class; for a regression, of each tenth of the rows by target; for labels, of each set of them. Ascending,
 * or by target.
 */
export function strataOf(target: Target): Int32Array[] {
  if (target.task === 'classification') return byClass(target.values, target.classes.length);
  return target.task === 'regression' ? byRank(target.values) : byLabels(target.values, target.classes.length);
}

function byClass(codes: Int32Array, classes: number): Int32Array[] {
  const sizes = new Int32Array(classes);
  for (const code of codes) sizes[code]!++;
  const strata = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(classes);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    strata[code]![filled[code]!++] = row;
  }
  return strata;
}

function byRank(values: Float64Array): Int32Array[] {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  const size = Math.max(1, Math.ceil(order.length / BINS));
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}

function byLabels(values: Uint8Array, labels: number): Int32Array[] {
  const rows = Array.from({ length: values.length / labels }, (_, row) => row);
  const sets = Map.groupBy(rows, (row) => values.subarray(row * labels, (row + 1) * labels).join(''));
  const [alike, others] = [[...sets.values()].filter((of) => of.length >= LEAST_ALIKE), [] as number[]];
  for (const of of sets.values()) if (of.length < LEAST_ALIKE) others.push(...of);
  return [...alike, ...(others.length > 0 ? [others.sort((a, b) => a - b)] : [])].map((of) => Int32Array.from(of));
}
