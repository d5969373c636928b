/** What the cells of a column look like that are read as words, or as numbers that may be words. */
import { shown } from '../csv/fault.ts';
import { parseNumber } from '../values/number.ts';
import type { Place } from './candidate.ts';
import type { ColumnSummary } from './column.ts';
import { areCodes, canBeCategory, type Decided, type Saying } from './decide.ts';
import { mostlyReadable } from './findings.ts';
import { choose, type Finding } from './warn.ts';

type About = Omit<Finding, 'column' | 'overrule'> & Partial<Pick<Finding, 'overrule'>>;

/** About a column that is a feature, and of which nobody has said what it is. */
export function wordFindings(summary: ColumnSummary, { type }: Decided, said: Saying): Finding[] {
  const { name: column } = summary;
  const isSaid = said.type !== undefined;
  const found: (About | undefined)[] = [
    ...(isSaid ? [] : [numbersAsWords(summary, type), likeCodes(summary, type), equalNumbers(summary, type)]),
    ...(isSaid ? [] : [likeNumbers(summary, type)]),
    mostlyEmpty(summary, type),
    garbled(summary, type),
  ];
  return found
    .filter((one) => one !== undefined)
    .map((one) => ({ column, overrule: choose(column, { role: 'ignore' }), ...one }));
}

/** The cells that were counted, with the first row of the first that a test holds for. */
function cellsOf({ counts }: ColumnSummary, test: (cell: string) => boolean) {
  const cells = counts.overflowed ? [] : counts.top().filter(({ value }) => test(value));
  const rows = cells.reduce((sum, { count }) => sum + count, 0);
  return {
    rows,
    cells: cells.map(({ value }) => value),
    first: firstOf(
      { counts },
      cells.map(({ value }) => value),
    ),
  };
}

function firstOf({ counts }: Pick<ColumnSummary, 'counts'>, cells: readonly string[]): Place | undefined {
  const places = cells.map((value) => ({ value, row: counts.firstRow(value) ?? 0 }));
  return places.reduce<Place | undefined>((first, one) => (first && first.row <= one.row ? first : one), undefined);
}

/** A category of which most values are numbers or times, and the others too many to be words for "no value". */
function numbersAsWords(summary: ColumnSummary, type: Decided['type']): About | undefined {
  const mostly = type === 'category' && !areCodes(summary) ? mostlyReadable(summary) : undefined;
  if (mostly === undefined || mostly.values.unreadable === 0) return undefined;
  const { type: other, values } = mostly;
  return {
    code: 'numbers_as_words',
    first: values.firstUnreadable,
    rows: summary.present,
    message: `${values.readable} of ${summary.present} values are ${other === 'number' ? 'numbers' : 'times'}; because of the others, all are read as words`,
    cost: 'Their size and order are not used, and a value that is not among them counts as none',
    overrule: choose(summary.name, { type: other }),
  };
}

/** `1E3` or `+49171234567`: numbers to a program, and codes to people. */
const LIKE_CODES = [/^\d+[eE]\d+$/, /^\+\d{8,}$/];

function likeCodes(summary: ColumnSummary, type: Decided['type']): About | undefined {
  const { first, present, name } = summary;
  const pattern = type === 'number' && first ? LIKE_CODES.find((one) => one.test(first.value)) : undefined;
  if (pattern === undefined || (!summary.counts.overflowed && cellsOf(summary, (cell) => !pattern.test(cell)).rows > 0))
    return undefined;
  return {
    code: 'like_codes',
    first,
    rows: present,
    message: `The values are read as numbers, and are written like codes or telephone numbers: ${shown(first!.value)} is ${parseNumber(first!.value)}`,
    cost: 'If they are codes, different ones may become equal, and their size means nothing',
    overrule: choose(name, { type: canBeCategory(summary) ? 'category' : 'text' }),
  };
}

const SHORT_NUMBER = /^\d{1,3}\.\d{1,3}$/;

/** Versions, and numbers of chapters: 1.1 and 1.10 are not the same. */
function equalNumbers(summary: ColumnSummary, type: Decided['type']): About | undefined {
  const { first, counts, name } = summary;
  if (type !== 'number' || counts.overflowed || first === undefined || !SHORT_NUMBER.test(first.value))
    return undefined;
  const cells = counts.top();
  if (!cells.every(({ value }) => SHORT_NUMBER.test(value))) return undefined;
  const pair = [...Map.groupBy(cells, ({ value }) => Number(value)).values()].find((group) => group.length > 1);
  if (pair === undefined) return undefined;
  const values = pair.map(({ value }) => value);
  return {
    code: 'equal_numbers',
    first: firstOf(summary, values.slice(1)),
    rows: pair.reduce((sum, { count }) => sum + count, 0),
    message: `As numbers, ${values.map(shown).join(' and ')} are one value`,
    cost: 'If these are versions or the like, different ones become equal',
    overrule: choose(name, { type: 'category' }),
  };
}

/** What is no number here, but could be made one in the file. */
const LIKE_NUMBERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\d{1,4}:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?$/, 'times of day or durations'],
  [/^(?:\d+(?:[.,]\d+)? ?(?:d|days?|h|hours?|hrs?|m|mins?|minutes?|s|secs?|seconds?) ?){1,4}$/, 'durations'],
  [/^P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?$/, 'durations'],
  [/^[$€£]?\d+(?:[.,]\d+)? ?(?:k|K|M|m|Mio|Mrd|mln|bn|B|T)\.?$/, 'numbers of thousands or millions'],
  [/^[<>≤≥~≈] ?\d+(?:[.,]\d+)?$/, 'numbers with a bound'],
  [/^\d+(?:[.,]\d+)? ?(?:±|\+\/-) ?\d+(?:[.,]\d+)?$/, 'numbers with an error'],
  [/^\d+(?:st|nd|rd|th)$/, 'numbers of an order'],
];
/** The share of the values that have to be written so. */
const MOSTLY = 0.5;

function likeNumbers(summary: ColumnSummary, type: Decided['type']): About | undefined {
  if (type !== 'category') return undefined;
  for (const [pattern, what] of LIKE_NUMBERS) {
    const { rows, first, cells } = cellsOf(summary, (cell) => pattern.test(cell));
    if (rows <= MOSTLY * summary.present || cells.length < 3) continue;
    return {
      code: 'numbers_in_words',
      first,
      rows,
      message: `${rows} of ${summary.present} values look like ${what}, such as ${shown(first!.value)}: they are read as words`,
      cost: 'Their size and order are not used, and a value that is not among them counts as none. Numbers in the file, such as minutes, would be learned from as such',
    };
  }
  return undefined;
}

/** Cells that were merged in a spreadsheet have a value in the first of them alone. */
function mostlyEmpty({ empty, present, first, distinct }: ColumnSummary, type: Decided['type']): About | undefined {
  if (type !== 'category' || first?.row !== 1 || distinct < 2 || empty.rows <= present) return undefined;
  return {
    code: 'mostly_empty',
    first: { row: empty.first?.row ?? 0, value: '' },
    rows: empty.rows,
    message: `${empty.rows} of ${empty.rows + present} cells are empty, and the first is not, as where cells were merged`,
    cost: 'Empty cells are missing: if a value holds for the rows below it, write it into each of them',
  };
}

/** UTF-8 that was read as Latin-1, and what a decoder puts in the place of what it cannot read. */
const GARBLED = /\ufffd|[ÂÃ][\u0080-\u00bf]|â€/;

function garbled(summary: ColumnSummary, type: Decided['type']): About | undefined {
  if (type !== 'category') return undefined;
  const { rows, first } = cellsOf(summary, (cell) => GARBLED.test(cell));
  if (first === undefined) return undefined;
  return {
    code: 'garbled_words',
    first,
    rows,
    message: `${rows} values seem to have been read in another encoding before, such as ${shown(first.value)}`,
    cost: 'They are other words than those that are meant, also in predictions. Export the file as UTF-8',
  };
}
