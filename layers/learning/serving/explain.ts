/**
 * How much each part of a row contributes to its prediction, beside a row of typical values: a feature of a table, a region
 * of an image, a feature of a series at some steps. Shapley values, estimated by permutations (Štrumbelj and Kononenko 2014):
 * beginning with the typical row, the row's own parts are put in one by one, and what each changes is its contribution,
 * averaged over several orders and their reverses. For each row, base and contributions add up to the prediction.
 *
 *     order 2, 0, 1:   typical ──▶ 2 of the row ──▶ 0, too ──▶ 1, too = the row
 */
import { uniformStream } from '#engine/random.ts';
import { shuffled } from '#engine/shuffle.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { Serving } from './description.ts';
import type { Reference } from './reference.ts';

/** Each part's contribution, as the kind of the data shows it. */
export interface Contributions {
  /** By feature; of an image by row and column of its regions; of a series by steps, and of those by feature. */
  readonly contributions: Record<string, number> | number[][] | Record<string, number>[];
  /** Of an image, a PNG as a data URL: red regions speak for the answer, blue ones against it. */
  readonly picture?: string;
  /** Of a series, the first and the last row of the window that each of the contributions is about, from 0. */
  readonly steps?: [first: number, last: number][];
}

export interface Explanation extends Contributions {
  /** The prediction for the typical row: of the class that is explained, its probability. */
  readonly base: number;
}

/** Rows cut into parts that can be exchanged for typical ones. */
export interface Cut {
  readonly parts: number;
  /** In how many orders the parts are put in: an even number. */
  readonly orders: number;
  /** The most rows of a run. */
  readonly together: number;
  /** The raw inputs of `count` rows, each with those parts of the given row for which `isOwn` holds, and typical others. */
  mixed(row: number, count: number, isOwn: (part: number, at: number) => boolean): Tensors;
  /** @param contributions of the parts of the given row, in their order */
  shown(row: number, contributions: readonly number[]): Contributions | Promise<Contributions>;
}

/** How a kind of data has its predictions explained. */
export interface Explainer {
  /** Throws `ValidationError` for more rows than can be explained by one request. */
  expect(serving: Serving, rows: number): void;
  /**
   * @param inputs the raw inputs of the rows
   * @param reference absent for models of earlier builds: their typical row has missing values only
   */
  cut(serving: Serving, inputs: Tensors, reference: Reference | undefined): Cut;
}

type Run = (feeds: Tensors, rows: number) => Promise<Tensors>;

interface Explaining {
  readonly serving: Serving;
  readonly cut: Cut;
  readonly run: Run;
}

/** @param results those of the model for these rows */
export async function explain(of: Explaining, results: Tensors): Promise<Explanation[]> {
  const { serving, cut, run } = of;
  const atTypical = await run(
    cut.mixed(0, 1, () => false),
    1,
  );
  const orders = ordersOf(cut);
  const explanations: Explanation[] = [];
  for (const [row, value] of valuesOf(serving, results).entries()) {
    const base = valueAt(serving, atTypical, 0, value.output);
    const contributions = await contributionsOf(of, orders, { row, base, ...value });
    explanations.push({ base, ...(await cut.shown(row, contributions)) });
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

/** For each part, its place in the order. Each order comes with its reverse. */
function ordersOf({ orders, parts }: Cut): Int32Array[] {
  return Array.from({ length: orders / 2 }, (_, pair) => {
    const places = shuffled(parts, uniformStream(0, `explanation ${pair}`));
    return [places, places.map((place) => parts - 1 - place)];
  }).flat();
}

async function contributionsOf(
  { serving, cut, run }: Explaining,
  orders: readonly Int32Array[],
  { row, base, output, value }: Value & { readonly row: number; readonly base: number },
): Promise<number[]> {
  const steps = cut.parts - 1;
  // In step k of an order, the parts at the places 0 to k are the row's own.
  const isOwn = (part: number, at: number) => orders[Math.floor(at / steps)]![part]! <= at % steps;
  const values: number[] = [];
  for (let from = 0; from < orders.length * steps; from += cut.together) {
    const count = Math.min(cut.together, orders.length * steps - from);
    const results = await run(
      cut.mixed(row, count, (part, at) => isOwn(part, from + at)),
      count,
    );
    for (let i = 0; i < count; i++) values.push(valueAt(serving, results, i, output));
  }
  const at = (order: number, step: number): number => {
    if (step < 0) return base;
    return step === steps ? value : values[order * steps + step]!;
  };
  return Array.from({ length: cut.parts }, (_, part) => {
    const sum = orders.reduce((total, places, order) => {
      const place = places[part]!;
      return total + at(order, place) - at(order, place - 1);
    }, 0);
    return sum / orders.length;
  });
}
