/**
 * The classes of a target: its values in their normal form, each under the spelling that occurs most often. Numbers with
 * several spellings have the name of the number.
 */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import { columnValues } from '../values/column-values.ts';
import type { ColumnSummary } from './column.ts';

export interface ClassCount {
  readonly value: string;
  readonly count: number;
  /** Its other spellings. */
  readonly others: readonly string[];
}

/** The most frequent class first. */
export function classesOf({ counts }: Pick<ColumnSummary, 'counts'>, format: ColumnFormat): ClassCount[] {
  const { word } = columnValues('category', format);
  const classes = new Map<string, { count: number; spellings: string[] }>();
  for (const { value, count } of counts.top()) {
    const key = word(value);
    if (key === '') continue;
    const known = classes.get(key) ?? { count: 0, spellings: [] };
    known.count += count;
    known.spellings.push(value);
    classes.set(key, known);
  }
  const isNumber = format.words === 'number' && classes.values().some(({ spellings }) => spellings.length > 1);
  return [...classes]
    .map(([key, { count, spellings }]) => {
      const value = isNumber ? key : spellings[0]!;
      return { value, count, others: spellings.filter((spelling) => spelling !== value) };
    })
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}
