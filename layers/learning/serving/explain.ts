/**
 * How much each feature of a row contributes to its prediction, beside a row of typical values. Shapley values, estimated by
 * permutations (Štrumbelj and Kononenko 2014): beginning with the typical row, the row's own values are put in one by one,
 * and what each changes is its contribution, averaged over several orders and their reverses. For each row, base and
 * contributions add up to the prediction.
 *
 *     order 2, 0, 1:   typical ──▶ 2 of the row ──▶ 0, too ──▶ 1, too = the row
 */
import { ValidationError } from '#domain/errors.ts';
import { uniformStream } from '#engine/random.ts';
import { shuffled } from '#engine/shuffle.ts';
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Serving } from './description.ts';
import type { Reference } from './reference.ts';
import { rowTensors } from './rows.ts';

export interface Explanation {
  /** The prediction for the typical row: of the class that is explained, its probability. */
  readonly base: number;
  /** By feature. */
  readonly contributions: Readonly<Record<string, number>>;
}

type Run = (feeds: Tensors, rows: number) => Promise<Tensors>;

/** Rows that are predicted for one call, altogether, and the most rows that it may explain. */
const MOST_RUNS = 20_000;
const MOST_ROWS = 100;

/** Each order comes with its reverse. With many features, one pair of orders takes as long as several with few. */
const ordersOf = (features: number): number => (features <= 100 ? 8 : 2);

export const mostExplained = (features: number): number =>
  Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_RUNS / (ordersOf(features) * features))));

/** @throws ValidationError for more rows than can be explained, and for a model that has no features */
export function expectExplainable({ kind = 'table', features }: Serving, rows: number): void {
  if (kind !== 'table') throw ValidationError.of('explain', `must be false for a model of kind ${kind}; got true`);
  const most = mostExplained(features.length);
  if (rows <= most) return;
  throw ValidationError.of(
    'inputs',
    `must have at most ${most} rows with explain, for a model of ${features.length} features; got ${rows}`,
  );
}

/** Where there is no reference, as for models of earlier builds, the typical row has missing values only. */
export const typicalRow = ({ features }: Serving, of?: Reference): Tensors => {
  const typical = new Map(of?.features.map((feature) => [feature.name, feature.typical]));
  return rowTensors(features, [features.map(({ name }) => typical.get(name) ?? null)]);
};

/** @param results those of the model for these rows */
export async function explain(
  { serving, typical, run }: { readonly serving: Serving; readonly typical: Tensors; readonly run: Run },
  rows: Tensors,
  results: Tensors,
): Promise<Explanation[]> {
  const atTypical = await run(typical, 1);
  const orders = ordersFor(serving.features.length);
  const explanations: Explanation[] = [];
  for (const [row, value] of valuesOf(serving, results).entries()) {
    const base = valueAt(serving, atTypical, 0, value.output);
    explanations.push(await explainRow({ serving, typical, run, orders }, rows, { row, base, ...value }));
  }
  return explanations;
}

interface Value {
  /** The place of the class that is explained; 0 for a regression. */
  readonly output: number;
  readonly value: number;
}

function valuesOf(serving: Serving, results: Tensors): Value[] {
  if (serving.task === 'regression') {
    return Array.from(expectTensor('value', results.value, 'float64').data, (value) => ({ output: 0, value }));
  }
  if (serving.task === 'multilabel') return mostProbable(serving, results);
  return expectTensor('label', results.label, 'string').data.map((name, row) => {
    const output = serving.classes.indexOf(name);
    return { output, value: valueAt(serving, results, row, output) };
  });
}

/** Of labels, the most probable one is explained. */
function mostProbable({ classes }: Serving, results: Tensors): Value[] {
  const { data } = expectTensor('probabilities', results.probabilities, 'float32');
  return Array.from({ length: data.length / classes.length }, (_, row) => {
    const own = data.subarray(row * classes.length, (row + 1) * classes.length);
    const value = Math.max(...own);
    return { output: own.indexOf(value), value };
  });
}

function valueAt({ task, classes }: Serving, results: Tensors, row: number, output: number): number {
  if (task === 'regression') return expectTensor('value', results.value, 'float64').data[row]!;
  return expectTensor('probabilities', results.probabilities, 'float32').data[row * classes.length + output]!;
}

/** For each feature, its place in the order. */
function ordersFor(features: number): Int32Array[] {
  return Array.from({ length: ordersOf(features) / 2 }, (_, pair) => {
    const places = shuffled(features, uniformStream(0, `explanation ${pair}`));
    return [places, places.map((place) => features - 1 - place)];
  }).flat();
}

interface Explaining {
  readonly serving: Serving;
  readonly typical: Tensors;
  readonly run: Run;
  readonly orders: readonly Int32Array[];
}

async function explainRow(
  { serving, typical, run, orders }: Explaining,
  rows: Tensors,
  { row, base, output, value }: Value & { readonly row: number; readonly base: number },
): Promise<Explanation> {
  const { features } = serving;
  const steps = features.length - 1;
  const mixed = Object.fromEntries(
    features.map(({ input }, j) => {
      const [own, usual] = [rows[input]!, typical[input]!];
      // In step k of an order, the features at the places 0 to k have the row's value.
      const isOwn = (at: number) => orders[Math.floor(at / steps)]![j]! <= at % steps;
      return [input, mix(own, usual, row, orders.length * steps, isOwn)];
    }),
  );
  const results = steps === 0 ? {} : await run(mixed, orders.length * steps);
  const at = (order: number, step: number): number => {
    if (step < 0) return base;
    return step === steps ? value : valueAt(serving, results, order * steps + step, output);
  };
  const contributions = features.map(({ name }, j): [string, number] => {
    const sum = orders.reduce((total, places, order) => {
      const place = places[j]!;
      return total + at(order, place) - at(order, place - 1);
    }, 0);
    return [name, sum / orders.length];
  });
  // `fromEntries` makes `__proto__` a name like any other.
  return { base, contributions: Object.fromEntries(contributions) };
}

function mix(own: Tensor, usual: Tensor, row: number, count: number, isOwn: (at: number) => boolean): Tensor {
  if (own.dtype === 'string') {
    const [mine, typical] = [own.data[row]!, expectTensor('typical', usual, 'string').data[0]!];
    return tensor(
      'string',
      [count, 1],
      Array.from({ length: count }, (_, at) => (isOwn(at) ? mine : typical)),
    );
  }
  const [mine, typical] = [own, usual].map((of) => expectTensor('feature', of, 'float64').data);
  return tensor(
    'float64',
    [count, 1],
    Float64Array.from({ length: count }, (_, at) => (isOwn(at) ? mine![row]! : typical![0]!)),
  );
}
