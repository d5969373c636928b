/** Determines which column is the target, and the task. */

import type { Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { shown } from '../csv/fault.ts';
import { type ColumnSummary, MAX_CATEGORIES } from './column.ts';
import { CATEGORY_CHARACTERS, type CountBounds } from './counts.ts';

const MAX_CLASSES = MAX_CATEGORIES;
/** Room for every class of the target, and for one more to notice that there are too many. */
export const TARGET_BOUNDS: CountBounds = {
  values: MAX_CLASSES + 1,
  characters: (MAX_CLASSES + 1) * CATEGORY_CHARACTERS,
};

const USUAL_NAMES = ['label', 'target', 'class', 'y'];
/** If no task is requested, an integer target with at most this many distinct values is a classification. */
const FEW_VALUES = 20;

/**
 * The position of the target: the requested column, else one with a common name, else the last.
 * @throws ValidationError, field `target`, if the requested column does not exist
 */
export function chooseTarget(header: readonly string[], requested: string | undefined): number {
  if (requested !== undefined) {
    const index = header.indexOf(requested.trim());
    if (index >= 0) return index;
    const names = header.slice(0, 20).map(shown).join(', ');
    const more = header.length > 20 ? ` and ${header.length - 20} more (at most ${LIMITS.csv.columns})` : '';
    throw ValidationError.of('target', `must be one of the columns ${names}${more}; got ${shown(requested)}`);
  }
  for (const name of USUAL_NAMES) {
    const index = header.findIndex((column) => column.toLowerCase() === name);
    if (index >= 0) return index;
  }
  return header.length - 1;
}

/**
 * The requested task, if the target allows it, or the task that fits the target's values.
 * @throws ValidationError, field `target`, with the column, the bound and what was found
 */
export function taskOf(target: ColumnSummary, asked: Task | 'auto'): Task {
  if (target.present === 0) throw fault(target, `must have values; got ${target.missing} rows without one`);
  const task = asked === 'auto' ? inferred(target) : asked;
  const check = { classification: expectClasses, regression: expectNumbers }[task];
  check(target);
  return task;
}

function inferred(target: ColumnSummary): Task {
  if (target.type !== 'number') return 'classification';
  const classes = target.allIntegers && target.distinct <= FEW_VALUES && target.present >= 2 * target.distinct;
  return classes ? 'classification' : 'regression';
}

function expectClasses(target: ColumnSummary): void {
  const { counts, distinct } = target;
  if (counts.overflowed || counts.size > MAX_CLASSES) {
    const got = counts.overflowed ? `about ${Math.max(distinct, counts.size + 1)}` : counts.size;
    throw fault(
      target,
      `must have between 2 and ${MAX_CLASSES} classes of at most ${CATEGORY_CHARACTERS} characters; got ${got}`,
    );
  }
  if (counts.size < 2) {
    throw fault(target, `must have between 2 and ${MAX_CLASSES} classes; got 1: ${shown(counts.top(1)[0]!.value)}`);
  }
}

function expectNumbers(target: ColumnSummary): void {
  const { firstOdd, numbers } = target;
  if (firstOdd)
    throw fault(target, `must be numeric for regression; got ${shown(firstOdd.value)} in row ${firstOdd.row}`);
  if (numbers.min === numbers.max)
    throw fault(target, `must have at least 2 different values for regression; got 1: ${numbers.min}`);
}

const fault = (target: ColumnSummary, message: string): ValidationError =>
  ValidationError.of('target', `column ${shown(target.name)} ${message}`);
