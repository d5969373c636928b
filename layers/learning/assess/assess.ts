/** Assesses a fitted model on the rows that were kept back or, without any, on those that it has learned from. */
import { classCounts, labelShares } from '../fit/class-weights.ts';
import { rowsOf } from '../fit/rows.ts';
import type { Assessment, AssessSpec } from './assessment.ts';
import { assessClasses } from './classes.ts';
import { assessLabels } from './labels.ts';
import { assessNumbers } from './numbers.ts';

export async function assess(spec: AssessSpec): Promise<Assessment> {
  const { preparation, data } = spec;
  const rows = data.validation ?? data.training;
  const about = { of: data.validation ? 'validation' : 'training', count: rowsOf(rows) } as const;
  if (preparation.task === 'regression') return assessNumbers(spec, rows, about);
  if (preparation.task === 'multilabel') {
    const shares = await labelShares(data.training, preparation.classes.length);
    return assessLabels(spec, rows, { about, shares });
  }
  const counts = await classCounts(data.training, preparation.classes.length);
  return assessClasses(spec, { rows, about, counts });
}
