/**
 * How much each part of a row contributes to its prediction, beside a row of typical values: a feature of a table, a region
 * of an image, a feature of a series at some steps. The row's own parts are put into the typical row one by one
 * (`shapley.ts`). For each row, base and contributions add up to the prediction.
 */
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { Serving } from './description.ts';
import type { Reference } from './reference.ts';
import { ordersOf, shapleyValues } from './shapley.ts';

/** Each part's contribution, as the kind of the data shows it. */
export interface Contributions {
  /** By feature; of an image by row and column of its regions; of a series by steps, and of those by feature. */
  readonly contributions: Record<string, number> | number[][] | Record<string, number>[] | number[];
  /** Of an image, a PNG as a data URL: red regions speak for the answer, blue ones against it. */
  readonly picture?: string;
  /** Of a series, the first and the last row of the window that each of the contributions is about, from 0. */
  readonly steps?: [first: number, last: number][];
  /** Of a text, the words that each of the contributions is about: together they are the text. */
  readonly words?: string[];
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
  /** Why a request can have no row to compare with; absent where it can. */
  readonly noReference?: string;
  /**
   * @param inputs the raw inputs of the rows
   * @param reference absent for models of earlier builds: their typical row has missing values only
   */
  cut(serving: Serving, inputs: Tensors, reference: Reference | undefined): Cut;
}

export type Run = (feeds: Tensors, rows: number) => Promise<Tensors>;

interface Explaining {
  readonly serving: Serving;
  readonly cut: Cut;
  readonly run: Run;
}

/** @param results those of the model for these rows */
export async function explain({ serving, cut, run }: Explaining, results: Tensors): Promise<Explanation[]> {
  const atTypical = await run(
    cut.mixed(0, 1, () => false),
    1,
  );
  const orders = ordersOf(cut);
  const explanations: Explanation[] = [];
  for (const [row, value] of valuesOf(serving, results).entries()) {
    const base = valueAt(serving, atTypical, 0, value.output);
    const contributions = await shapleyValues({
      ...{ parts: cut.parts, orders, together: cut.together, base, value: value.value },
      async values(count, isOwn) {
        const mixed = await run(cut.mixed(row, count, isOwn), count);
        return Array.from({ length: count }, (_, i) => valueAt(serving, mixed, i, value.output));
      },
    });
    explanations.push({ base, ...(await cut.shown(row, contributions)) });
  }
  return explanations;
}

interface Value {
  /** The place of the class that is explained; 0 for a regression. */
  readonly output: number;
  readonly value: number;
}

/** What of each row is explained. */
export function valuesOf(serving: Serving, results: Tensors): Value[] {
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

export function valueAt({ task, classes }: Serving, results: Tensors, row: number, output: number): number {
  if (task === 'regression') return expectTensor('value', results.value, 'float64').data[row]!;
  return expectTensor('probabilities', results.probabilities, 'float32').data[row * classes.length + output]!;
}
