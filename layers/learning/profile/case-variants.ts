import { shown } from '../csv/fault.ts';
import { type ClassCount, classesOf } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import { choose, type Finding } from './warn.ts';

const SHOWN = 3;

/** Words that differ in case only, such as `Male` and `male`: they are different values, which is seldom meant. */
export function caseVariants(
  summary: ColumnSummary,
  { type, format }: Decided,
  classes?: readonly ClassCount[],
): Finding[] {
  if (type !== 'category') return [];
  const groups = Map.groupBy(classes ?? classesOf(summary, format), ({ value }) => value.toLowerCase());
  const variants = [...groups.values()].filter((group) => group.length > 1);
  const [first] = variants;
  if (!first) return [];
  const names = variants.slice(0, SHOWN).map((group) => group.map(({ value }) => shown(value)).join(' and '));
  const { value } = first[1]!;
  return [
    {
      code: 'case_variants',
      column: summary.name,
      first: { row: summary.counts.firstRow(value) ?? 0, value },
      rows: variants.flat().reduce((sum, { count }) => sum + count, 0),
      message: `Values differ in upper and lower case only: ${names.join('; ')}`,
      cost: 'They are different values',
      // Classes that are meant to be one have to be made one in the file.
      overrule: classes ? null : choose(summary.name, { role: 'ignore' }),
    },
  ];
}
