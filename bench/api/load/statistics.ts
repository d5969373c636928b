import type { Answers, Outcome } from './load.ts';

/** Outcomes of one side, put together. */
export interface Summary {
  /** How many requests succeeded. */
  readonly answered: number;
  readonly kinds: Readonly<Record<string, { readonly p50: number | null; readonly p99: number | null }>>;
  /** By status or code, of all kinds. */
  readonly errors: Readonly<Record<string, number>>;
  /** The highest of them. */
  readonly busy: number;
}

export function summarize(outcomes: readonly Outcome[]): Summary {
  const names = Object.keys(outcomes[0]?.kinds ?? {});
  const answersOf = (name: string): Answers[] => outcomes.map(({ kinds }) => kinds[name]!);
  const errors: Record<string, number> = {};
  for (const answers of names.flatMap(answersOf))
    for (const [what, count] of Object.entries(answers.errors)) errors[what] = (errors[what] ?? 0) + count;
  return {
    answered: outcomes.reduce((sum, outcome) => sum + answered(outcome), 0),
    kinds: Object.fromEntries(
      names.map((name) => {
        const sorted = Float64Array.from(answersOf(name).flatMap(({ latencies }) => [...latencies])).sort();
        return [name, { p50: percentile(sorted, 50), p99: percentile(sorted, 99) }];
      }),
    ),
    errors,
    busy: Math.max(...outcomes.map(({ busy }) => busy)),
  };
}

/** How many requests succeeded. */
export const answered = ({ kinds }: Outcome): number =>
  Object.values(kinds).reduce((sum, { latencies }) => sum + latencies.length, 0);

export const rateOf = (outcome: Outcome): number => answered(outcome) / outcome.seconds;

/** The least value that so many percent of the values do not exceed; null where there are none. */
export const percentile = (sorted: ArrayLike<number>, percent: number): number | null =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;

export const total = (errors: Readonly<Record<string, number>>): number =>
  Object.values(errors).reduce((sum, count) => sum + count, 0);
