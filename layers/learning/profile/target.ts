/** Determines which column is the target, and the task. */

import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '../csv/fault.ts';
import type { Candidate } from './candidate.ts';
import type { ClassCount } from './classes.ts';
import { type ColumnSummary, MAX_CATEGORIES } from './column.ts';
import { CATEGORY_CHARACTERS, type CountBounds } from './counts.ts';

const MAX_CLASSES = MAX_CATEGORIES;
/** Each is learned by itself, and has a threshold. */
export const MAX_LABELS = 200;
/** A class may have several spellings. */
const MAX_SPELLINGS = 4 * MAX_CLASSES;
export const TARGET_BOUNDS: CountBounds = { values: MAX_SPELLINGS, characters: MAX_SPELLINGS * CATEGORY_CHARACTERS };

const USUAL_NAMES = ['label', 'target', 'class', 'y'];
/** If no task is requested, an integer target with at most this many distinct values is a classification. */
const FEW_VALUES = 20;

/** Whether a column may be taken for the target where none is named: one with another role is not. */
export const mayBeTarget =
  ({ columns = {} }: ParsingOptions) =>
  (name: string): boolean =>
    [undefined, 'target'].includes(columns[name]?.role);

/**
 * The position of the target: the requested column, else one with a common name, else the last of those that may be it.
 * @throws ValidationError, field `target`, if the requested column does not exist
 */
export function chooseTarget(
  header: readonly string[],
  requested: string | undefined,
  mayBe: (name: string) => boolean = () => true,
): number {
  if (requested !== undefined) {
    const index = header.indexOf(requested.trim());
    if (index >= 0) return index;
    throw ValidationError.of('target', `must be one of the columns ${listed(header)}; got ${shown(requested)}`);
  }
  for (const name of USUAL_NAMES) {
    const index = header.findIndex((column) => column.toLowerCase() === name && mayBe(column));
    if (index >= 0) return index;
  }
  return Math.max(0, header.findLastIndex(mayBe));
}

/** The first names of a header, in a message. */
export function listed(header: readonly string[]): string {
  const names = header.slice(0, 20).map(shown).join(', ');
  return header.length > 20 ? `${names} and ${header.length - 20} more (at most ${LIMITS.csv.columns})` : names;
}

/** In any of the orders that a date may have. */
export const areTimes = ({ times }: ColumnSummary): boolean => times.best.some((order) => times.of(order).fits);

export interface TargetFacts {
  readonly summary: ColumnSummary;
  /** Its values if it is to be a regression. */
  readonly numbers: Candidate;
  /** Whether most of its values are numbers. */
  readonly areNumbers: boolean;
  /** Its values if they are to be classes. */
  readonly classes: readonly ClassCount[];
  /** Whether its cells are, or seem to be, lists of labels. */
  readonly areLists: boolean;
}

/**
 * The requested task, if the target allows it, or the task that fits the target's values.
 * @throws ValidationError, field `target`, with the column, the bound and what was found
 */
export function taskOf(target: TargetFacts, asked: Task | 'auto'): Task {
  const { summary } = target;
  if (summary.present === 0) {
    throw fault(summary, `must have values; got ${summary.empty.rows + summary.absent.rows} rows without one`);
  }
  const task = asked === 'auto' ? inferred(target) : asked;
  ({ classification: expectClasses, regression: expectNumbers, multilabel: () => {} })[task](target);
  return task;
}

function inferred({ summary, areNumbers, classes, areLists }: TargetFacts): Task {
  if (areLists) return 'multilabel';
  if (!areNumbers) return 'classification';
  const few = !summary.counts.overflowed && classes.length <= FEW_VALUES && summary.present >= 2 * classes.length;
  return summary.allIntegers && few ? 'classification' : 'regression';
}

function expectClasses({ summary, classes }: TargetFacts): void {
  const { counts, distinct } = summary;
  if (counts.overflowed || classes.length > MAX_CLASSES) {
    const got = counts.overflowed ? `about ${Math.max(distinct, classes.length + 1)}` : classes.length;
    throw fault(
      summary,
      `must have between 2 and ${MAX_CLASSES} classes of at most ${CATEGORY_CHARACTERS} characters; got ${got}`,
    );
  }
  if (classes.length < 2) {
    const got = classes.length === 0 ? '0' : `1: ${shown(classes[0]!.value)}`;
    throw fault(summary, `must have between 2 and ${MAX_CLASSES} classes; got ${got}`);
  }
}

/** @throws ValidationError, field `target` */
export function expectLabels(summary: ColumnSummary, labels: readonly ClassCount[]): void {
  const { overflowed } = summary.counts;
  if (!overflowed && labels.length >= 2 && labels.length <= MAX_LABELS) return;
  const got = overflowed ? `more than ${MAX_SPELLINGS} different cells` : labels.length;
  throw fault(
    summary,
    `must have between 2 and ${MAX_LABELS} labels, in at most ${MAX_SPELLINGS} different cells; got ${got}`,
  );
}

function expectNumbers({ summary, numbers }: TargetFacts): void {
  const { firstUnreadable, moments } = numbers;
  if (!numbers.fits && firstUnreadable) {
    const { value, row } = firstUnreadable;
    const isTime = areTimes(summary);
    const rest = isTime
      ? 'as dates or times: write a number in their place, such as the days since the first of them'
      : `and ${numbers.unreadable} of ${summary.present} values are no numbers`;
    throw fault(summary, `must be numeric for regression; got ${shown(value)} in row ${row}, ${rest}`);
  }
  if (moments.count === 0) throw fault(summary, 'must have values for regression; got none');
  if (moments.min === moments.max)
    throw fault(summary, `must have at least 2 different values for regression; got 1: ${moments.min}`);
}

const fault = (target: ColumnSummary, message: string): ValidationError =>
  ValidationError.of('target', `column ${shown(target.name)} ${message}`);
