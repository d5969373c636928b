/** What an explanation compares the rows of a request with. */
import { expectTensor, type Tensor, type Tensors } from '#engine/tensor.ts';
import type { ServedFeature, Serving } from './description.ts';
import type { Input } from './input.ts';
import type { Reference } from './reference.ts';
import { rowTensors } from './rows.ts';

/** What the typical values are. */
export const BASES = ['training_data', 'given', 'request', 'zeros', 'empty_text'] as const;
export type Basis = (typeof BASES)[number];

export interface Typical {
  /** Absent where the model takes missing values for typical ones. */
  readonly reference: Reference | undefined;
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
 * The row that was given; else the training data; else, for a model of others, of whose data nothing is known, what the
 * request's rows have. A model of an earlier build has no reference, but takes missing values.
 * @throws ValidationError for a row that the model does not take
 */
export function typicalValues(serving: Serving, { given, reference, takesMissing, rows, count }: Known): Typical {
  const { features } = serving;
  if (given !== undefined) {
    const row = rowTensors(features, [given], () => 'reference');
    return { reference: referenceOf(features, (input) => ofOneRow(row[input]!)), basis: 'given' };
  }
  if (reference || takesMissing) return { reference, basis: 'training_data' };
  // What is not of features, such as images, has no mean here: what is missing of it is 0.
  if (features.length === 0) return { reference: undefined, basis: 'zeros' };
  const typical = count > 1 ? meanOf : zeroOf;
  return { reference: referenceOf(features, (input) => typical(rows[input]!)), basis: count > 1 ? 'request' : 'zeros' };
}

type Value = Reference['features'][number]['typical'];

const referenceOf = (features: readonly ServedFeature[], of: (input: string) => Value): Reference => ({
  format: 1,
  features: features.map(({ name, input }) => ({ name, typical: of(input), missing: 0 })),
});

/** Of one row. */
function ofOneRow({ dtype, data }: Tensor): Value {
  if (dtype === 'string') return data[0] || null;
  const value = Number(data[0]);
  return Number.isNaN(value) ? null : value;
}

/** Of one row of a model that may know no other word than its own. */
const zeroOf = (of: Tensor): Value => (of.dtype === 'string' ? ofOneRow(of) : 0);

/** Or the most frequent word. */
function meanOf(of: Tensor): Value {
  if (of.dtype === 'string') {
    const counts = Map.groupBy(of.data, (word) => word);
    return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] || null;
  }
  const present = Array.from(expectTensor('feature', of, 'float64').data).filter(Number.isFinite);
  return present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
}
