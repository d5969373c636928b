import { shown } from '../csv/fault.ts';
import { parseNumber, unitOf } from '../values/number.ts';
import { type ClassCount, classesOf } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import { choose, type Finding } from './warn.ts';

const SHOWN = 3;

/** Words that differ in case only, such as `Male` and `male`, and `1` beside `1.0` among words: they are different values, which is seldom meant. */
export function variantFindings(
  summary: ColumnSummary,
  { type, format }: Decided,
  classes?: readonly ClassCount[],
): Finding[] {
  if (type !== 'category') return [];
  const values = classes ?? classesOf(summary, format);
  const numbers = values.filter(({ value }) => !LEADING_ZERO.test(value) && !Number.isNaN(parseNumber(value)));
  return [
    ...finding(
      summary,
      'case_variants',
      Map.groupBy(values, ({ value }) => value.toLowerCase()),
      classes,
    ),
    ...finding(summary, 'spelling_variants', spellings(values), classes),
    ...finding(
      summary,
      'number_variants',
      Map.groupBy(numbers, ({ value }) => numberOf(value)),
      classes,
    ),
  ];
}

/** Words by their letters alone; codes may differ in anything. Those that differ in case only are named otherwise. */
function spellings(values: readonly ClassCount[]): ReadonlyMap<string, readonly ClassCount[]> {
  const words = values.filter(({ value }) => /\p{L}/u.test(value) && !/\d/.test(value));
  const groups = Map.groupBy(words, ({ value }) => value.toLowerCase().replace(/[^\p{L}+#]+/gu, ''));
  return new Map([...groups].filter(([, group]) => new Set(group.map(({ value }) => value.toLowerCase())).size > 1));
}

/** Codes keep their zeros. */
const LEADING_ZERO = /^[+-]?0\d/;

/** With its unit: 5 % are not 5. */
const numberOf = (value: string): string => `${parseNumber(value)} ${unitOf(value)}`;

const WAYS = {
  case_variants: 'Values differ in upper and lower case only',
  spelling_variants: 'Values differ in blanks, hyphens or the like only',
  number_variants: 'Values are the same number, written in several ways',
} as const;

function finding(
  summary: ColumnSummary,
  code: keyof typeof WAYS,
  groups: ReadonlyMap<string, readonly ClassCount[]>,
  classes: readonly ClassCount[] | undefined,
): Finding[] {
  const variants = [...groups.values()].filter((group) => group.length > 1);
  const [first] = variants;
  if (!first) return [];
  const names = variants.slice(0, SHOWN).map((group) => group.map(({ value }) => shown(value)).join(' and '));
  const { value } = first[1]!;
  return [
    {
      code,
      column: summary.name,
      first: { row: summary.counts.firstRow(value) ?? 0, value },
      rows: variants.flat().reduce((sum, { count }) => sum + count, 0),
      message: `${WAYS[code]}: ${names.join('; ')}`,
      cost: 'They are different values',
      // Classes that are meant to be one have to be made one in the file.
      overrule: classes ? null : choose(summary.name, { role: 'ignore' }),
    },
  ];
}
