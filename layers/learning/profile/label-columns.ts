/** Targets of several columns, each of which says whether a row has a label: 0 or 1, or a pair of truth words. */
import { type ParsingOptions, roledColumns } from '#domain/datasets/parsing-options.ts';
import { ValidationError } from '#domain/errors.ts';
import { shown } from '../csv/fault.ts';
import { parseBoolean } from '../values/truth.ts';
import type { ClassCount } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import type { JudgedTarget } from './judge-target.ts';
import { MAX_LABELS } from './target.ts';
import { choose, type Finding } from './warn.ts';

/** How many columns the name of the target has. */
const NAMED = 3;

/** What such a target is called. */
export function labelsName(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/**
 * The columns that are labels. Empty: the target is one column, or none.
 * @throws ValidationError, field `columns`, if there is one, too many, or a target besides
 */
export function labelColumns(parsing: ParsingOptions, target: string | undefined): readonly string[] {
  const labels = roledColumns(parsing, 'label');
  if (labels.length === 0) return labels;
  if (labels.length === 1 || labels.length > MAX_LABELS) {
    const got = labels.length === 1 ? `1: ${shown(labels[0]!)}` : labels.length;
    throw ValidationError.of(
      'columns',
      `must have between 2 and ${MAX_LABELS} columns with the role label; got ${got}`,
    );
  }
  if (target !== undefined)
    throw ValidationError.of(
      'target',
      `must be left out where columns have the role label (${labelsName(labels)}); got ${shown(target)}`,
    );
  if (parsing.unlabelled)
    throw ValidationError.of(
      'unlabelled',
      `must be left out where columns have the role label (${labelsName(labels)})`,
    );
  return labels;
}

export interface LabelColumn {
  readonly summary: ColumnSummary;
  readonly decided: Decided;
}

/** @throws ValidationError for a column that says anything else than yes or no, or where no row has any label */
export function judgeLabelColumns(
  columns: readonly LabelColumn[],
  rows: number,
): Pick<JudgedTarget, 'task' | 'classes' | 'without' | 'found'> {
  const classes = columns.map((column) => ({ value: column.summary.name, count: rowsWith(column), others: [] }));
  if (classes.every(({ count }) => count === 0))
    throw ValidationError.of(
      'columns',
      `must have rows with a label; got ${rows} rows in which ${labelsName(classes.map(({ value }) => value))} are all no`,
    );
  const found = columns.flatMap(({ summary }) => emptyFinding(summary));
  return { task: 'multilabel', classes: byCount(classes), without: 0, found };
}

const byCount = (classes: readonly ClassCount[]): ClassCount[] => classes.toSorted((a, b) => b.count - a.count);

/** Of a column that is 0 and 1, or words of one pair. */
function rowsWith({ summary, decided }: LabelColumn): number {
  const { name, counts } = summary;
  if (decided.type === 'boolean')
    return counts.top().reduce((sum, { value, count }) => sum + (isYes(value) ? count : 0), 0);
  const { moments, readable = 0, firstUnreadable } = decided.values ?? {};
  const odd = (got: string) =>
    ValidationError.of(
      `columns.${name}.role`,
      `must be label for a column of 0 and 1, or of truth words such as yes and no; column ${shown(name)} has ${got}`,
    );
  if (!moments || decided.type !== 'number') throw odd(summary.first ? shown(summary.first.value) : 'no values');
  if (firstUnreadable) throw odd(`${shown(firstUnreadable.value)} in row ${firstUnreadable.row}`);
  if (!summary.allIntegers || moments.min < 0 || moments.max > 1)
    throw odd(`numbers from ${moments.min} to ${moments.max}`);
  return Math.round(moments.mean * readable);
}

const isYes = (word: string): boolean => parseBoolean(word.trim())?.value ?? false;

function emptyFinding({ name, empty, absent }: ColumnSummary): Finding[] {
  const rows = empty.rows + absent.rows;
  if (rows === 0) return [];
  const first = [empty.first, absent.first].find((place) => place !== undefined);
  return [
    {
      ...{ code: 'labels_empty', column: name, first, rows },
      message: `${rows} rows have no value in this column of labels; they were taken for rows without the label`,
      cost: 'If it means "unknown", the model learns that they have not the label',
      overrule: choose(name, { role: 'ignore' }),
    },
  ];
}
