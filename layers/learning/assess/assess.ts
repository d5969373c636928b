/** Assesses a fitted model on the rows that were kept back or, without any, on those that it has learned from. */
import { classCounts } from '../fit/class-weights.ts';
import { rowsOf } from '../fit/rows.ts';
import type { Assessment, AssessSpec } from './assessment.ts';
import { assessClasses } from './classes.ts';
import { assessNumbers } from './numbers.ts';

export async function assess(spec: AssessSpec): Promise<Assessment> {
  const { preparation, data } = spec;
  const rows = data.validation ?? data.training;
  const about = { of: data.validation ? 'validation' : 'training', count: rowsOf(rows) } as const;
  if (preparation.task === 'regression') return assessNumbers(spec, rows, about);
  const counts = await classCounts(data.training, preparation.classes.length);
  return assessClasses(spec, { rows, about, counts });
}
