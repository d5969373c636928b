import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { oddClass } from '#learning/fit/odd-class.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';

/** Throws `ValidationError` for options that do not fit the target or the split. */
export function expectOptions(
  { class_weight, threshold }: Pick<CommonHyperparameters, 'class_weight' | 'threshold'>,
  { task, classes = [] }: Pick<DatasetProfile, 'task' | 'classes'>,
  validationSplit: number,
): void {
  const refuse = (name: string, message: string) => ValidationError.of(`hyperparameters.${name}`, message);
  if (class_weight !== undefined && task !== 'classification') {
    throw refuse('class_weight', `must be left out for a ${task}, which has no classes`);
  }
  if (typeof class_weight === 'object' && classes.length > 0) {
    const names = classes.map(({ value }) => value);
    const fault = oddClass(class_weight, names);
    if (fault !== undefined) throw refuse('class_weight', fault);
  }
  if (threshold === undefined) return;
  if (task !== 'classification' || (classes.length > 0 && classes.length !== 2)) {
    const got = task === 'classification' ? `${classes.length} classes` : `a ${task}`;
    throw refuse('threshold', `must be left out unless there are two classes; got ${got}`);
  }
  if (validationSplit === 0) throw refuse('threshold', 'must be left out with validation_split 0: it is chosen there');
}
