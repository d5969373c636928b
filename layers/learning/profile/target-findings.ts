/** What there is to say about the target: rows that are left out, and classes that may be meant otherwise. */
import type { Task } from '#domain/datasets/profile.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '../csv/fault.ts';
import { isMissing } from '../values/missing.ts';
import type { Place } from './candidate.ts';
import type { ClassCount } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import { choose, type Finding } from './warn.ts';

/** Classes of fewer rows cannot be in the training and the validation rows. */
const RARE = 2;
const SHOWN = 5;

export function classFindings(
  summary: ColumnSummary,
  classes: readonly ClassCount[],
  said: readonly string[] = [],
): Finding[] {
  const { name: column } = summary;
  const rare = classes.filter(({ count }) => count < RARE);
  const merged = classes.filter(({ others }) => others.length > 0);
  const like = classes.filter(({ value }) => isMissing(value));
  const names = (of: readonly ClassCount[]) =>
    of
      .slice(0, SHOWN)
      .map(({ value }) => shown(value))
      .join(', ');
  return [
    ...like.map(
      ({ value, count }): Finding => ({
        code: 'class_like_missing',
        column,
        first: placeOf(summary, value),
        rows: count,
        message: `The class ${shown(value)} is a word that often means "no value"; it was taken for a class`,
        cost: 'If it means "no value", the model learns to predict that',
        overrule: choose(column, { missing: [...said, value] }),
      }),
    ),
    ...(rare.length > 0
      ? [
          {
            code: 'rare_class' as const,
            column,
            first: placeOf(summary, rare[0]!.value),
            rows: rare.length,
            message: `${rare.length} of ${classes.length} classes have one row each: ${names(rare)}`,
            cost: 'Such a class is learned from one example, and never validated',
            overrule: withoutClasses(summary, rare, said),
          },
        ]
      : []),
    ...(merged.length > 0
      ? [
          {
            code: 'classes_merged' as const,
            column,
            first: placeOf(summary, merged[0]!.others[0]!),
            rows: merged.reduce((sum, { count }) => sum + count, 0),
            message: `${merged
              .map(
                ({ value, others }) =>
                  `${shown(value)} is also written ${others.slice(0, SHOWN).map(shown).join(', ')}`,
              )
              .slice(0, SHOWN)
              .join('; ')}`,
            cost: 'Different spellings of a value are one class',
            overrule: choose(column, { type: 'category' }),
          },
        ]
      : []),
  ];
}

/** So that their rows are left out; null where they are more than may be named. */
function withoutClasses({ name }: ColumnSummary, classes: readonly ClassCount[], said: readonly string[]) {
  const words = [...said, ...classes.map(({ value }) => value)];
  const canBe =
    words.length <= LIMITS.parsing.words && words.every((word) => word.length <= LIMITS.parsing.wordCharacters);
  return canBe ? choose(name, { missing: words }) : null;
}

const placeOf = ({ counts }: ColumnSummary, value: string): Place => ({ row: counts.firstRow(value) ?? 0, value });

/** Classes that are times. */
export const timesFinding = (summary: ColumnSummary, classes: number): Finding => ({
  code: 'target_times',
  column: summary.name,
  first: summary.first,
  rows: summary.present,
  message: `The values of the target are dates or times, and each different one was taken for a class: ${classes} classes`,
  cost: 'A model answers none but these, and knows nothing of their order. To learn when something happens, write a number into the file, such as the days until then',
  overrule: choose(summary.name, { role: 'time' }),
});

interface LeftOutRows {
  readonly rows: number;
  readonly first: Finding['first'];
  readonly task: Task;
  /** Whether the owner has named words for "no value". */
  readonly hasWords?: boolean;
}

const NAMES = { classification: 'class', regression: 'number', multilabel: 'label' } as const;

export const targetRowsFinding = (
  { name: column }: ColumnSummary,
  { rows, first, task, hasWords = false }: LeftOutRows,
): Finding => ({
  code: 'target_rows_left_out',
  column,
  first,
  rows,
  message: `${rows} rows have no ${NAMES[task]} in the target`,
  cost: 'They are left out of the training',
  overrule: hasWords ? choose(column, { missing: [] }) : null,
});
