import type { ColumnRole } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile } from '#domain/datasets/profile.ts';
import { classesOf } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import { distributionOf } from './distribution.ts';
import type { JudgedTarget } from './judge-target.ts';

const TOP_VALUES = 20;

/** A column with what was decided about it. */
export interface Column {
  readonly summary: ColumnSummary;
  readonly decided: Decided;
  role: ColumnRole;
}

export function columnProfile(
  { summary, decided: { type, format, values }, role }: Column,
  target: Pick<JudgedTarget, 'classes' | 'without'>,
): ColumnProfile {
  const { name, empty, absent, distinct, distinctEstimated: distinct_estimated } = summary;
  const unreadable = values?.unreadable ?? 0;
  const missing = role === 'target' ? target.without : empty.rows + absent.rows + unreadable;
  const head = { name, type, role, format, missing, unreadable, distinct, distinct_estimated };
  if (values) return { ...head, ...distributionOf(values) };
  const words = role === 'target' ? target.classes : classesOf(summary, { ...format, missing: format.missing });
  return { ...head, top_values: words.slice(0, TOP_VALUES).map(({ value, count }) => ({ value, count })) };
}
