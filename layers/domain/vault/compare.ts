/** Comparing models by their metrics, size and training time. */
import { LIMITS } from '../limits.ts';
import { bestFirst, directionOf, measured } from './metrics.ts';
import { metricsOf, type StoredModel, trainingSecondsOf } from './model.ts';

export interface Comparison {
  readonly comparison: Record<string, Record<string, number | null>>;
  /** `by_` and a metric, or `by_size`: the name of the best one. */
  readonly best_model: Record<string, string>;
  /** By how much the best is better than the worst. */
  readonly improvements: Record<string, number>;
  /** Metrics of which it is not known that higher is better. */
  readonly assumed: string[];
}

/** @param wanted metrics; without them all that one of the models has, up to the limit of one model */
export function compareModels(models: readonly StoredModel[], wanted: readonly string[] | undefined): Comparison {
  const own = models.map(metricsOf);
  const metrics = wanted ?? [...new Set(own.flatMap((of) => Object.keys(of)))].slice(0, LIMITS.vault.metrics);
  const rows = models.map((model, row) => {
    const known = { size: model.size, trainingSeconds: trainingSecondsOf(model) };
    const of = (metric: string) => own[row]![metric] ?? measured(metric, known) ?? null;
    const columns = [...metrics, 'size_mb', 'training_time'];
    return { name: model.name, values: Object.fromEntries(columns.map((metric) => [metric, of(metric)])) };
  });
  const columns = [
    ...metrics.map((metric) => ({ metric, field: metric, by: `by_${metric}` })),
    ...(metrics.includes('size') ? [] : [{ metric: 'size', field: 'size_mb', by: 'by_size' }]),
  ];
  const best: Record<string, string> = {};
  const improvements: Record<string, number> = {};
  for (const { metric, field, by } of columns) {
    const values = rows
      .flatMap(({ name, values: of }) => {
        const value = of[field];
        return typeof value === 'number' ? [{ name, value }] : [];
      })
      .sort((a, b) => bestFirst(metric)(a.value, b.value));
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined) continue;
    best[by] = first.name;
    if (field === metric && values.length > 1) improvements[metric] = rounded(Math.abs(first.value - last.value));
  }
  return {
    comparison: Object.fromEntries(rows.map(({ name, values }) => [name, values])),
    best_model: best,
    improvements,
    assumed: metrics.filter((metric) => directionOf(metric).assumed),
  };
}

/** Without what floating-point arithmetic adds: 0.96 - 0.94 is 0.02. A difference may be larger than any number is. */
const rounded = (value: number): number => Math.min(Number(value.toPrecision(12)), Number.MAX_VALUE);
