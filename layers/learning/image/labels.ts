/** Labels of images: classes, or numbers. */
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { MAX_CATEGORIES } from '../profile/column.ts';
import type { Target } from '../table/columns.ts';
import { parseNumber } from '../values/number.ts';
import { byNumberThenText } from '../values/order.ts';

/** An integer target with at most this many distinct values is a classification. */
const FEW_VALUES = 20;
const CLASS_CHARACTERS = 256;

export type LabelProfile = Pick<DatasetProfile, 'task' | 'classes'>;

/** @throws ValidationError with field `file` or `target` */
export function profileLabels(labels: readonly string[], asked: Task | 'auto', target: string): LabelProfile {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const firstText = [...counts.keys()].find((label) => Number.isNaN(parseNumber(label)));
  const few = counts.size <= FEW_VALUES && [...counts.keys()].every((label) => Number.isInteger(parseNumber(label)));
  if (asked === 'multilabel')
    throw ValidationError.of('dataset_type', 'must be classification or regression for images; got multilabel');
  const task = asked === 'auto' ? (firstText !== undefined || few ? 'classification' : 'regression') : asked;
  if (task === 'regression') {
    if (firstText !== undefined)
      throw ValidationError.of('target', `${shown(target)} must be numbers for regression; got ${shown(firstText)}`);
    if (counts.size < 2)
      throw ValidationError.of('target', `${shown(target)} must have at least 2 different values; got ${counts.size}`);
    return { task };
  }
  const long = [...counts.keys()].find((label) => label.length > CLASS_CHARACTERS);
  if (long !== undefined)
    throw fileFault(`a class must have at most ${CLASS_CHARACTERS} characters; got ${shown(long)}`);
  if (counts.size < 2 || counts.size > MAX_CATEGORIES) {
    const only = counts.size === 1 ? `: ${shown([...counts.keys()][0]!)}` : '';
    throw fileFault(`must have images of between 2 and ${MAX_CATEGORIES} classes; got ${counts.size}${only}`);
  }
  const classes = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
  return { task, classes };
}

/** The labels as targets, by the profile of the same labels. */
export function targetOf(labels: readonly string[], { task = 'classification', classes = [] }: LabelProfile): Target {
  if (task === 'regression') return { task, values: Float64Array.from(labels, (label) => parseNumber(label)) };
  const names = classes.map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(names.map((name, code) => [name, code]));
  return { task: 'classification', classes: names, values: Int32Array.from(labels, (label) => codes.get(label)!) };
}
