/**
 * How far what a model answers is from what it answered before, whatever the kind of its data: the population stability
 * index of its classes or values, and of how sure it was.
 */
import type { LoggedOutput } from '#domain/prediction-log/record.ts';
import { type DriftBin, type DriftStatus, stabilityIndex, statusOf } from './drift.ts';

export interface OutputDrift {
  readonly name: 'class' | 'value' | 'confidence';
  readonly status: DriftStatus;
  /** null where there is nothing to compare. */
  readonly psi: number | null;
  readonly values: number;
  /** Before. */
  readonly reference_values: number;
  /** `expected` is the share before. */
  readonly bins: readonly DriftBin[];
}

/** Others are one bin. */
const MOST_CLASSES = 20;
/** Bins of numbers, each with about as many values before. */
const BINS = 10;

export class PredictionDrift {
  readonly #before: LoggedOutput[] = [];
  readonly #now: LoggedOutput[] = [];

  addBefore(outputs: readonly LoggedOutput[]): void {
    for (const output of outputs) this.#before.push(output);
  }

  add(outputs: readonly LoggedOutput[]): void {
    for (const output of outputs) this.#now.push(output);
  }

  /** Of classes and confidence, or of values; nothing where nothing was answered. */
  get outputs(): OutputDrift[] {
    const of = <T>(read: (output: LoggedOutput) => T | undefined): [before: T[], now: T[]] => [
      readAll(this.#before, read),
      readAll(this.#now, read),
    ];
    const classes = of((output) => ('class' in output ? output.class : undefined));
    const confidences = of((output) => ('class' in output ? output.confidence : undefined));
    const values = of((output) => ('value' in output ? output.value : undefined));
    return [
      ...compared('class', classes, binsOfWords),
      ...compared('confidence', confidences, binsOfNumbers),
      ...compared('value', values, binsOfNumbers),
    ];
  }
}

type Binning<T> = (before: readonly T[]) => {
  readonly names: readonly string[];
  readonly placeOf: (value: T) => number;
};

function compared<T>(
  name: OutputDrift['name'],
  [before, now]: readonly [readonly T[], readonly T[]],
  binning: Binning<T>,
): OutputDrift[] {
  if (now.length === 0) return [];
  const { names, placeOf } = binning(before);
  const [expected, actual] = [before, now].map((values) => {
    const shares = new Array<number>(names.length).fill(0);
    for (const value of values) shares[placeOf(value)]! += 1 / values.length;
    return shares;
  });
  const isKnown = before.length > 0;
  const bins = names
    .map((bin, at) => ({ bin, expected: share(expected![at]!), actual: share(actual![at]!) }))
    .filter((bin) => bin.expected > 0 || bin.actual > 0);
  const psi = isKnown ? stabilityIndex(bins) : null;
  const status = statusOf(psi, Math.min(before.length, now.length), isKnown);
  return [{ name, status, psi, values: now.length, reference_values: before.length, bins: isKnown ? bins : [] }];
}

/** Sums of shares may be a little above 1. */
const share = (sum: number): number => Math.min(1, sum);

const binsOfWords: Binning<string> = (before) => {
  const words = [...Map.groupBy(before, (word) => word)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_CLASSES)
    .map(([word]) => word);
  const places = new Map(words.map((word, at) => [word, at]));
  return { names: [...words, 'other'], placeOf: (word) => places.get(word) ?? words.length };
};

/** By quantiles of what was before: equal values are in one bin. */
const binsOfNumbers: Binning<number> = (before) => {
  const sorted = Float64Array.from(before).sort();
  const quantiles = Array.from({ length: BINS - 1 }, (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)]);
  const edges = [...new Set(quantiles)].filter((edge) => edge !== undefined && edge > sorted[0]!) as number[];
  const names = [...edges, undefined].map((to, at) => boundsOf(edges[at - 1], to));
  return {
    names,
    placeOf: (value) => {
      const at = edges.findIndex((edge) => value < edge);
      return at < 0 ? edges.length : at;
    },
  };
};

const ROUNDED = 4;

function boundsOf(from: number | undefined, to: number | undefined): string {
  const [low, high] = [from, to].map((edge) => (edge === undefined ? undefined : Number(edge.toPrecision(ROUNDED))));
  if (low === undefined) return high === undefined ? 'all' : `< ${high}`;
  return high === undefined ? `≥ ${low}` : `${low} to ${high}`;
}

function readAll<T>(outputs: readonly LoggedOutput[], read: (output: LoggedOutput) => T | undefined): T[] {
  const found: T[] = [];
  for (const output of outputs) {
    const value = read(output);
    if (value !== undefined) found.push(value);
  }
  return found;
}
