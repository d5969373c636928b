/**
 * How far the inputs of predictions are from the data that a model was trained on, feature by feature: the population
 * stability index, PSI = Σ (a − e) · ln(a / e) over bins with the share e of the training data and a of the predictions
 * (Siddiqi 2006, Credit Risk Scorecards). Missing values are no bin: their share stands beside it.
 */
import type { Tensor } from '#engine/tensor.ts';
import type { ServedFeature, Serving } from './description.ts';
import type { Input } from './input.ts';
import type { FeatureReference, Reference } from './reference.ts';
import { rowTensors, wordOf } from './rows.ts';

/** The usual thresholds of the index. */
export const PSI_THRESHOLDS = { moderate: 0.1, significant: 0.25 } as const;

/** With fewer values the index is large by chance. */
export const LEAST_VALUES = 100;

/** Stands for a share of 0, whose logarithm there is none of. */
const LEAST_SHARE = 1e-4;

/** Words that the training data did not have, and that are shown. */
const MOST_NEW = 10;
/** That are told apart. */
const MOST_COUNTED = 1000;

export const DRIFT_STATUSES = ['stable', 'moderate', 'significant', 'too_few_values', 'no_reference'] as const;
export type DriftStatus = (typeof DRIFT_STATUSES)[number];

export interface DriftBin {
  /** A word, `other` words, or the bounds of numbers. */
  readonly bin: string;
  readonly expected: number;
  readonly actual: number;
}

export interface FeatureDrift {
  readonly name: string;
  readonly status: DriftStatus;
  /** null where there is no reference, or no value. */
  readonly psi: number | null;
  /** Not missing. */
  readonly values: number;
  readonly missing: number;
  /** null where there is no reference. */
  readonly reference_missing: number | null;
  readonly bins: readonly DriftBin[];
  /** Words that the training data did not have: the most frequent ones, and the share of them all. */
  readonly new_values: readonly { readonly value: string; readonly count: number }[];
  readonly new_share: number;
}

/** Counts rows in the bins of a reference. */
export class Drift {
  readonly #serving: Serving;
  readonly #counts: readonly FeatureCounts[];

  constructor(serving: Serving, reference: Reference | undefined) {
    const byName = new Map(reference?.features.map((feature) => [feature.name, feature]));
    this.#serving = serving;
    this.#counts = serving.features.map((feature) => new FeatureCounts(feature, byName.get(feature.name)));
  }

  /** @throws ValidationError for a row that the model does not take */
  add(rows: readonly Input[]): void {
    const columns = rowTensors(this.#serving.features, rows);
    for (const [at, { input }] of this.#serving.features.entries()) this.#counts[at]!.add(columns[input]!);
  }

  get features(): FeatureDrift[] {
    return this.#counts.map((counts) => counts.drift);
  }
}

interface Bin {
  readonly name: string;
  readonly expected: number;
  count: number;
}

class FeatureCounts {
  readonly #name: string;
  readonly #reference: FeatureReference | undefined;
  readonly #edges: readonly number[];
  /** Of numbers by place; of words, the last one is for all others. */
  readonly #bins: readonly Bin[];
  readonly #byWord: ReadonlyMap<string, Bin>;
  readonly #new = new Map<string, number>();
  /** Whether the reference has all words that there were. */
  readonly #hasAll: boolean;
  #rows = 0;
  #missing = 0;

  constructor(feature: ServedFeature, reference: FeatureReference | undefined) {
    const { bins } = reference ?? {};
    const byWord = wordsIn(reference, feature);
    const words = [...byWord.values()];
    const rest = Math.max(0, 1 - words.reduce((sum, { share }) => sum + share, 0));
    this.#name = feature.name;
    this.#reference = reference;
    this.#edges = bins?.edges ?? [];
    this.#bins = bins
      ? bins.shares.map((expected, at) => ({ name: boundsOf(bins.edges, at), expected, count: 0 }))
      : [...words.map(({ value, share }) => ({ name: value, expected: share, count: 0 })), other(rest)];
    this.#byWord = new Map(bins ? [] : [...byWord.keys()].map((word, at) => [word, this.#bins[at]!]));
    this.#hasAll = words.length > 0 && rest < 1e-9;
  }

  add({ dtype, data }: Tensor): void {
    this.#rows += data.length;
    if (dtype === 'string') for (const word of data) this.#addWord(word);
    else for (const number of data) this.#addNumber(Number(number));
  }

  #addWord(word: string): void {
    if (word === '') {
      this.#missing++;
      return;
    }
    const known = this.#byWord.get(word);
    (known ?? this.#bins.at(-1)!).count++;
    if (known || !this.#hasAll) return;
    if (this.#new.has(word) || this.#new.size < MOST_COUNTED) this.#new.set(word, (this.#new.get(word) ?? 0) + 1);
  }

  #addNumber(value: number): void {
    if (Number.isNaN(value)) {
      this.#missing++;
      return;
    }
    const above = this.#edges.findIndex((edge) => value < edge);
    const bin = this.#bins[above < 0 ? this.#edges.length : above];
    if (bin) bin.count++;
  }

  get drift(): FeatureDrift {
    const values = this.#rows - this.#missing;
    const isKnown = this.#reference?.bins !== undefined || this.#reference?.words !== undefined;
    const bins = isKnown ? this.#bins.filter(({ expected, count }) => expected > 0 || count > 0) : [];
    const shown = bins.map(({ name, expected, count }) => ({
      bin: name,
      expected,
      actual: count / Math.max(1, values),
    }));
    const psi = isKnown && values > 0 ? stabilityIndex(shown) : null;
    return {
      name: this.#name,
      status: statusOf(psi, values, isKnown),
      psi,
      values,
      missing: this.#rows === 0 ? 0 : this.#missing / this.#rows,
      reference_missing: this.#reference?.missing ?? null,
      bins: shown,
      new_values: [...this.#new]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, MOST_NEW)
        .map(([value, count]) => ({ value, count })),
      new_share: this.#hasAll && values > 0 ? this.#bins.at(-1)!.count / values : 0,
    };
  }
}

/**
 * By what the model takes for them, while a bin's name is as the data spell it. Earlier builds kept spellings of the same
 * word apart.
 */
function wordsIn(of: FeatureReference | undefined, feature: ServedFeature) {
  const byWord = new Map<string, { readonly value: string; readonly share: number }>();
  for (const { value, share } of of?.words ?? []) {
    const word = wordOf(feature, value);
    const known = byWord.get(word) ?? { value, share: 0 };
    byWord.set(word, { ...known, share: known.share + share });
  }
  return byWord;
}

export function stabilityIndex(bins: readonly Pick<DriftBin, 'expected' | 'actual'>[]): number {
  return bins.reduce((sum, { expected, actual }) => {
    const [e, a] = [Math.max(expected, LEAST_SHARE), Math.max(actual, LEAST_SHARE)];
    return sum + (a - e) * Math.log(a / e);
  }, 0);
}

/** @param values of which it follows */
export function statusOf(psi: number | null, values: number, isKnown: boolean): DriftStatus {
  if (!isKnown) return 'no_reference';
  if (psi === null || values < LEAST_VALUES) return 'too_few_values';
  if (psi < PSI_THRESHOLDS.moderate) return 'stable';
  return psi <= PSI_THRESHOLDS.significant ? 'moderate' : 'significant';
}

const other = (expected: number): Bin => ({ name: 'other', expected, count: 0 });

/** Such as `< 3`, `3 to 5`, `≥ 5`. */
function boundsOf(edges: readonly number[], at: number): string {
  const [from, to] = [edges[at - 1], edges[at]];
  if (from === undefined) return to === undefined ? 'all' : `< ${to}`;
  return to === undefined ? `≥ ${from}` : `${from} to ${to}`;
}
