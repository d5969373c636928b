/** What the cells of a column look like that are read as words, or as numbers that may be words. */
import type { ColumnType } from '#domain/datasets/profile.ts';
import { shown } from '../csv/fault.ts';
import { parseNumber } from '../values/number.ts';
import type { Place } from './candidate.ts';
import type { ColumnSummary } from './column.ts';
import { areCodes, canBeCategory, type Decided, type Saying } from './decide.ts';
import { mostlyReadable } from './findings.ts';
import { choose, type Finding } from './warn.ts';

type About = Omit<Finding, 'column' | 'overrule'> & Partial<Pick<Finding, 'overrule'>>;

/** A column with what it was decided to be, and the cells that were counted: none where they are too many. */
interface Column {
  readonly summary: ColumnSummary;
  readonly type: ColumnType;
  readonly cells: readonly (Place & { readonly count: number })[];
}

/** About a column that is a feature. What its owner says that it is, is not questioned. */
export function wordFindings(summary: ColumnSummary, { type }: Decided, said: Saying): Finding[] {
  if (type !== 'category' && type !== 'number' && type !== 'text') return [];
  const { name: column, counts } = summary;
  const of: Column = { summary, type, cells: counts.overflowed ? [] : counts.top() };
  const ofType = [numbersAsWords, likeCodes, equalNumbers, likeNumbers];
  const found = [...(said.type === undefined ? ofType : []), mostlyEmpty, garbled].map((find) => find(of));
  return found
    .filter((one) => one !== undefined)
    .map((one) => ({ column, overrule: choose(column, { role: 'ignore' }), ...one }));
}

/** The cells that a test holds for: how many there are, in how many rows, and the first of them. */
function having({ cells }: Column, test: (cell: string) => boolean) {
  const some = cells.filter(({ value }) => test(value));
  return { different: some.length, rows: rowsOf(some), first: firstOf(some) };
}

const rowsOf = (cells: Column['cells']): number => cells.reduce((sum, { count }) => sum + count, 0);

const firstOf = (cells: Column['cells']): Place | undefined =>
  cells.reduce<Place | undefined>((first, one) => (first && first.row <= one.row ? first : one), undefined);

/** What is learned from as words. */
const areWords = (type: ColumnType): boolean => type === 'category' || type === 'text';

const WORDS_COST = {
  category: 'Their size and order are not used, and a value that is not among them counts as none',
  text: 'They are read as texts, of which neither size nor order is used',
} as const;
const costOf = (type: ColumnType): string => WORDS_COST[type === 'text' ? 'text' : 'category'];

/** Words of which most are numbers or times, and the others too many to be words for "no value". */
function numbersAsWords({ summary, type }: Column): About | undefined {
  const mostly = areWords(type) && !areCodes(summary) ? mostlyReadable(summary) : undefined;
  if (mostly === undefined || mostly.values.unreadable === 0) return undefined;
  const { type: other, values } = mostly;
  return {
    code: 'numbers_as_words',
    first: values.firstUnreadable,
    rows: summary.present,
    message: `${values.readable} of ${summary.present} values are ${other === 'number' ? 'numbers' : 'times'}; because of the others, all are read as words`,
    cost: costOf(type),
    overrule: choose(summary.name, { type: other }),
  };
}

/** `1E3` or `+49171234567`: numbers to a program, and codes to people. */
const LIKE_CODES = [/^\d+[eE]\d+$/, /^\+\d{8,}$/];

function likeCodes(of: Column): About | undefined {
  const { summary, type, cells } = of;
  const { first, present, name } = summary;
  const pattern = type === 'number' && first ? LIKE_CODES.find((one) => one.test(first.value)) : undefined;
  if (pattern === undefined || !cells.every(({ value }) => pattern.test(value))) return undefined;
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
function equalNumbers({ summary, type, cells }: Column): About | undefined {
  if (type !== 'number' || cells.length === 0 || !cells.every(({ value }) => SHORT_NUMBER.test(value)))
    return undefined;
  const pair = [...Map.groupBy(cells, ({ value }) => Number(value)).values()].find((group) => group.length > 1);
  if (pair === undefined) return undefined;
  const values = pair.map(({ value }) => value);
  return {
    code: 'equal_numbers',
    first: firstOf(pair.slice(1)),
    rows: rowsOf(pair),
    message: `As numbers, ${values.map(shown).join(' and ')} are one value`,
    cost: 'If these are versions or the like, different ones become equal',
    overrule: choose(summary.name, { type: 'category' }),
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
  [/^[-+]?\d+(?:[.,]\d+)? ?(?:\*{1,3}|[†‡§¶¹²³]|\[\d{1,2}\])$/, 'numbers with the mark of a footnote'],
];
/** The share of the values that have to be written so. */
const MOSTLY = 0.5;
const SOME = 20;

function likeNumbers(of: Column): About | undefined {
  const { summary, type, cells } = of;
  if (!areWords(type)) return undefined;
  for (const [pattern, what] of LIKE_NUMBERS) {
    // Where most are so, one of the most frequent ones is.
    if (!cells.slice(0, SOME).some(({ value }) => pattern.test(value))) continue;
    const { rows, first, different } = having(of, (cell) => pattern.test(cell));
    if (rows <= MOSTLY * summary.present || different < 3) continue;
    return {
      code: 'numbers_in_words',
      first,
      rows,
      message: `${rows} of ${summary.present} values look like ${what}, such as ${shown(first!.value)}: they are read as words`,
      cost: `${costOf(type)}. Numbers in the file, such as minutes, would be learned from as such`,
    };
  }
  return undefined;
}

/** Cells that were merged in a spreadsheet have a value in the first of them alone. */
function mostlyEmpty({ summary, type }: Column): About | undefined {
  const { empty, present, first, distinct } = summary;
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

function garbled(of: Column): About | undefined {
  if (of.type !== 'category') return undefined;
  const { rows, first } = having(of, (cell) => GARBLED.test(cell));
  if (first === undefined) return undefined;
  return {
    code: 'garbled_words',
    first,
    rows,
    message: `${rows} values seem to have been read in another encoding before, such as ${shown(first.value)}`,
    cost: 'They are other words than those that are meant, also in predictions. Export the file as UTF-8',
  };
}
