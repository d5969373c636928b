/** The row with which an explanation compares the rows of a request. */
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Serving } from './description.ts';
import type { Input } from './input.ts';
import type { Reference } from './reference.ts';
import { rowTensors } from './rows.ts';

/** What a typical row is made of. */
export const BASES = ['training_data', 'given', 'request', 'zeros'] as const;
export type Basis = (typeof BASES)[number];

export interface Typical {
  readonly row: Tensors;
  readonly basis: Basis;
}

interface Known {
  /** What the request says is typical. */
  readonly given: Input | undefined;
  readonly reference: Reference | undefined;
  /** Whether the model takes missing values. */
  readonly takesMissing: boolean;
  /** The rows to explain. */
  readonly rows: Tensors;
  readonly count: number;
}

/**
 * The row that was given; else that of the training data; else, for a model of others, of whose data nothing is known, one
 * that is made of the request's rows. A model of an earlier build has no reference, but takes missing values.
 * @throws ValidationError for a row that the model does not take
 */
export function typicalRow({ features }: Serving, { given, reference, takesMissing, rows, count }: Known): Typical {
  if (given !== undefined) return { row: rowTensors(features, [given], () => 'reference'), basis: 'given' };
  if (reference || takesMissing) {
    const typical = new Map(reference?.features.map((feature) => [feature.name, feature.typical]));
    return {
      row: rowTensors(features, [features.map(({ name }) => typical.get(name) ?? null)]),
      basis: 'training_data',
    };
  }
  const row = Object.entries(rows).map(([name, column]) => [name, typicalOf(column, count)] as const);
  return { row: Object.fromEntries(row), basis: count > 1 ? 'request' : 'zeros' };
}

/** Of several rows the mean, or the most frequent word; of one row 0, or its own word, as the model may know no other. */
function typicalOf({ dtype, data }: Tensor, count: number): Tensor {
  if (dtype === 'string') {
    const counts = Map.groupBy(data, (word) => word);
    const [word = ''] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
    return tensor('string', [1, 1], [word]);
  }
  const present = Array.from(data, Number).filter(Number.isFinite);
  const mean = present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
  return tensor('float64', [1, 1], Float64Array.of(count > 1 ? mean : 0));
}
