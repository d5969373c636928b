/** Searching the models of a manager by words, tags, framework and metrics. */

import { directionOf, measured } from './metrics.ts';
import type { Summaries } from './summaries.ts';
import type { Summary } from './summary.ts';
import { compareVersions } from './versions.ts';

export interface MetricBound {
  readonly metric: string;
  readonly min?: number;
  readonly max?: number;
}

export interface Wanted {
  readonly query?: string | undefined;
  readonly framework?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly anyTag?: boolean | undefined;
  readonly bounds?: readonly MetricBound[] | undefined;
  /** A metric, or one of `SORTS`. Default: by relevance, or the newest first where nothing is searched. */
  readonly sortBy?: string | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
}

export interface Match {
  readonly summary: Summary;
  /** From 0 to 1. */
  readonly relevance: number;
}

export interface Found {
  readonly matches: readonly Match[];
  /** The filters that a match passed, and the fields in which the words of the query were found. */
  readonly criteriaOf: (match: Match) => string[];
}

type Sort = (a: Match, b: Match) => number;

const byText = (value: (of: Summary) => string): Sort => {
  return ({ summary: a }, { summary: b }) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
};

export const SORTS: Readonly<Record<string, Sort>> = {
  relevance: (a, b) => a.relevance - b.relevance,
  name: byText(({ name }) => name),
  model_name: byText(({ name }) => name),
  created_at: byText(({ created_at }) => created_at),
  version: (a, b) => compareVersions(a.summary.version, b.summary.version),
};

/** The metric that it is sorted by, where nothing but an assumption says which end is the best. */
export function assumedOf({ sortBy, order }: Wanted): string[] {
  const decides = sortBy !== undefined && order === undefined && !Object.hasOwn(SORTS, sortBy);
  return decides && directionOf(sortBy).assumed ? [sortBy] : [];
}

/** In their order; those without the metric by which they are sorted come last. */
export function search(summaries: Summaries, wanted: Wanted): Found {
  const { query, sortBy = query === undefined ? 'created_at' : 'relevance' } = wanted;
  const filters = filtersOf(wanted);
  const hits = query === undefined ? undefined : summaries.index.search(query);
  const matches: Match[] = [];
  for (const summary of hits ? found(summaries, hits.names()) : summaries.byName.values()) {
    if (!filters.every(({ passes }) => passes(summary))) continue;
    matches.push({ summary, relevance: hits?.relevance(summary.name) ?? 1 });
  }
  const names = filters.map(({ name }) => name);
  return {
    matches: matches.sort(comparison(sortBy, wanted.order)),
    criteriaOf: ({ summary }) => [...new Set([...names, ...(hits?.fields(summary.name) ?? [])])],
  };
}

function* found(summaries: Summaries, names: Iterable<string>): Generator<Summary> {
  for (const name of names) {
    const summary = summaries.byName.get(name);
    if (summary) yield summary;
  }
}

interface Filter {
  readonly name: string;
  readonly passes: (summary: Summary) => boolean;
}

function filtersOf({ framework, algorithm, tags = [], anyTag, bounds = [] }: Wanted): readonly Filter[] {
  const same = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();
  return [
    ...(framework === undefined ? [] : [{ name: 'framework', passes: (of: Summary) => same(of.framework, framework) }]),
    ...(algorithm === undefined ? [] : [{ name: 'algorithm', passes: (of: Summary) => same(of.algorithm, algorithm) }]),
    ...(tags.length === 0
      ? []
      : [
          {
            name: 'tags',
            passes: (of: Summary) =>
              anyTag ? tags.some((tag) => of.tags.includes(tag)) : tags.every((tag) => of.tags.includes(tag)),
          },
        ]),
    ...bounds.map(({ metric, min, max }) => ({
      name: metric,
      passes(of: Summary) {
        const value = metricOf(of, metric);
        return value !== undefined && (min === undefined || value >= min) && (max === undefined || value <= max);
      },
    })),
  ];
}

/** What a model has of a metric: as its author says, or as it was measured. */
export const metricOf = ({ metrics, size, trainingSeconds }: Summary, metric: string): number | undefined =>
  metrics[metric] ?? measured(metric, { size, trainingSeconds });

function comparison(sortBy: string, given: Wanted['order']): Sort {
  const own = Object.hasOwn(SORTS, sortBy) ? SORTS[sortBy] : undefined;
  const best = own || directionOf(sortBy).better === 'higher' ? 'desc' : 'asc';
  const sign = (given ?? best) === 'desc' ? -1 : 1;
  const tie = byText(({ name }) => name);
  return (a, b) => {
    const order = own ? sign * own(a, b) : metricOrder(metricOf(a.summary, sortBy), metricOf(b.summary, sortBy), sign);
    return order === 0 ? tie(a, b) : order;
  };
}

function metricOrder(a: number | undefined, b: number | undefined, sign: number): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return sign * (a - b);
}
