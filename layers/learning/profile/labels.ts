/** Targets whose cells have several labels: `red|round`. */
import type { ColumnFormat, Separator } from '#domain/datasets/column-format.ts';
import { columnValues } from '../values/column-values.ts';
import type { ClassCount } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import type { Finding } from './warn.ts';

/** What is taken for a separator where nobody says so: both hardly ever are part of a name. */
const GUESSED = ['|', ';'] as const satisfies readonly Separator[];
/** Of the cells, so that a single odd name does not count. */
const LEAST_SHARE = 0.05;

/** The labels of a cell, each once. */
export function labelsOf(cell: string, separator: Separator): string[] {
  const parts = cell.split(separator).map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}

/**
 * The separator that the cells seem to have: where they are divided, there are fewer labels than cells, as there are when
 * labels are combined.
 */
export function guessSeparator({ counts, present }: Pick<ColumnSummary, 'counts' | 'present'>): Separator | undefined {
  if (counts.overflowed) return undefined;
  const cells = counts.top();
  return GUESSED.find((separator) => {
    const several = cells.filter(({ value }) => labelsOf(value, separator).length > 1);
    const rows = several.reduce((sum, { count }) => sum + count, 0);
    const labels = new Set(cells.flatMap(({ value }) => labelsOf(value, separator)));
    return rows >= LEAST_SHARE * present && labels.size >= 2 && labels.size < cells.length;
  });
}

/** The labels, the most frequent one first, and how many rows have any. */
export function countLabels(
  { counts }: Pick<ColumnSummary, 'counts'>,
  format: ColumnFormat,
  separator: Separator,
): { readonly labels: ClassCount[]; readonly rows: number } {
  const { word } = columnValues('category', format);
  const found = new Map<string, number>();
  let rows = 0;
  for (const { value, count } of counts.top()) {
    const labels = labelsOf(word(value), separator);
    if (labels.length > 0) rows += count;
    for (const label of labels) found.set(label, (found.get(label) ?? 0) + count);
  }
  const labels = [...found]
    .map(([value, count]) => ({ value, count, others: [] }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { labels, rows };
}

/** That cells were taken for lists, where nobody said so. */
export function separatorFinding({ name, counts, present }: ColumnSummary, separator: Separator): Finding {
  const first = counts.top().find(({ value }) => labelsOf(value, separator).length > 1);
  return {
    code: 'labels_separated',
    column: name,
    first: first && { row: counts.firstRow(first.value) ?? 0, value: first.value },
    rows: present,
    message: `Its cells were taken for lists of labels, with ${JSON.stringify(separator)} between them`,
    cost: 'A row has any number of labels, each of which is learned by itself',
    overrule: { dataset_type: 'classification' },
  };
}
