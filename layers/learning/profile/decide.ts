/** Decides what a column is: by what its owner says, and otherwise by what most of its values are. */
import { type ColumnFormat, DATE_ORDERS, type DateOrder } from '#domain/datasets/column-format.ts';
import type { ColumnChoice, ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnType } from '#domain/datasets/profile.ts';
import { DECIMAL_MARKS, type DecimalMark } from '../values/number.ts';
import type { Candidate } from './candidate.ts';
import { type ColumnSummary, MAX_CATEGORIES, MOST_UNITS } from './column.ts';

/** A column with so few distinct values is categorical, however short the file. */
const ALWAYS_CATEGORY = 50;
/** Numbers of which so many begin with a 0 are codes. */
const CODES_SHARE = 0.05;

/** What columns follow that can be read in two ways: what the other columns of the file settle. */
export interface Conventions {
  readonly decimal: DecimalMark;
  readonly decimalIsSettled: boolean;
  readonly dateOrder: DateOrder | undefined;
}

export interface Decided {
  readonly type: ColumnType;
  readonly format: ColumnFormat;
  /** Of numbers and times: their values. */
  readonly values?: Candidate;
  /** Whether the column leaves the decimal mark open, and its owner has not said it. */
  readonly decimalIsOpen?: boolean;
  /** The orders of the date that fit as well as that of the format, where nothing settles it. */
  readonly otherOrders?: readonly DateOrder[];
}

/** The file's words for "no value" hold for columns that have none of their own. */
export interface Saying extends ColumnChoice {
  readonly fileDecimal?: DecimalMark | undefined;
}

/** What is said of a column, and of the file where that says nothing of it. */
export function sayingOf({ decimal: fileDecimal, missing, columns = {} }: ParsingOptions, name: string): Saying {
  return { ...(missing === undefined ? {} : { missing }), ...columns[name], fileDecimal };
}

export function decide(summary: ColumnSummary, said: Saying, conventions: Conventions): Decided {
  const { numbers, times } = summary;
  const givenDecimal = said.decimal ?? said.fileDecimal;
  const decimal = givenDecimal ?? numbers.better ?? conventions.decimal;
  const dateOrder = said.date_order ?? times.better ?? likeliestOrder(summary, conventions);
  const number = numbers.of(decimal);
  const time = times.of(dateOrder);
  const type = said.type ?? typeOf(summary, number, time);
  const missing = said.missing === undefined ? {} : { missing: [...said.missing] };
  if (type === 'number') {
    const isOpen = givenDecimal === undefined && numbers.differ && numbers.better === undefined;
    return {
      type,
      format: {
        decimal,
        ...open(
          isOpen && !conventions.decimalIsSettled && (decimal === ',' || hasComma(numbers))
            ? [decimal === '.' ? ',' : '.']
            : [],
        ),
        ...units(summary),
        ...missing,
      },
      values: number,
      ...(isOpen ? { decimalIsOpen: true } : {}),
    };
  }
  if (type === 'timestamp') {
    const otherOrders = said.date_order === undefined ? otherOrdersThan(dateOrder, summary) : [];
    return {
      type,
      format: {
        date_order: dateOrder,
        ...open(conventions.dateOrder === undefined ? otherOrders : []),
        ...missing,
      },
      values: time,
      ...(otherOrders.length > 0 ? { otherOrders } : {}),
    };
  }
  return { type, format: { words: wordsOf(summary, number), composed: true, decimal, ...missing } };
}

const open = (others: NonNullable<ColumnFormat['open']>): Pick<ColumnFormat, 'open'> =>
  others.length > 0 ? { open: others } : {};

/** Whether a number that has another value with the comma as the decimal mark has one. Those that were never text have none. */
export const hasComma = (numbers: ColumnSummary['numbers']): boolean =>
  numbers.differenceOf(',')?.value.includes(',') === true;

/** Of those with which most values can be read. */
function likeliestOrder({ times, dateMark }: ColumnSummary, { dateOrder }: Conventions): DateOrder {
  const { best } = times;
  const orders = dateMark === '.' ? DATE_ORDERS : ([dateOrder, 'month_first', 'day_first'] as const);
  const usual = orders.find((order) => order !== undefined && order !== 'year_first' && best.includes(order));
  if (usual === undefined) return 'year_first';
  const isYear =
    best.includes('year_first') &&
    (dateOrder === 'year_first' || spanOf(times.of('year_first')) < spanOf(times.of(usual)));
  return isYear ? 'year_first' : usual;
}

/** Dates that were read in the right order lie closer together: with the year in the place of the day, over decades. */
const spanOf = ({ moments: { min, max } }: Candidate): number => max - min;

function otherOrdersThan(order: DateOrder, { times, dateMark }: ColumnSummary): DateOrder[] {
  // With points, nobody writes the month first.
  const possible = times.best.filter((other) => other !== 'month_first' || dateMark !== '.');
  return possible.filter((other) => times.of(other) !== times.of(order));
}

function typeOf(summary: ColumnSummary, number: Candidate, time: Candidate): ColumnType {
  if (summary.present === 0) return 'text';
  if (number.fits && !areCodes(summary)) return 'number';
  if (time.fits) return 'timestamp';
  if (summary.isBoolean) return 'boolean';
  const few = summary.distinct <= ALWAYS_CATEGORY || summary.distinct <= summary.present / 2;
  return few && canBeCategory(summary) ? 'category' : 'text';
}

export const canBeCategory = ({ counts, distinct }: ColumnSummary): boolean =>
  !counts.overflowed && distinct <= MAX_CATEGORIES;

/** Words are compared as numbers or truth values if that is what they are: `1` and `1.0` are one value. */
export function wordsOf(summary: ColumnSummary, number: Candidate): NonNullable<ColumnFormat['words']> {
  if (areCodes(summary)) return 'text';
  if (number.fits) return 'number';
  return summary.isBoolean ? 'boolean' : 'text';
}

/** Postal codes, article numbers: digits of which some begin with a 0, all equally long or a good part of them. */
export function areCodes({ leadingZeros, digits, present }: ColumnSummary): boolean {
  if (leadingZeros.rows === 0 || digits.cells < present) return false;
  return digits.least === digits.most || leadingZeros.rows >= CODES_SHARE * present;
}

/** What most of the columns that settle it settle. */
export function conventionsOf(columns: readonly ColumnSummary[], delimiter?: string): Conventions {
  const decimals = columns.map(({ numbers }) =>
    numbers.of('.').fits || numbers.of(',').fits ? numbers.better : undefined,
  );
  const orders = columns.map(({ times }) => (times.differ ? times.better : undefined));
  const decimal = mostly(decimals, DECIMAL_MARKS);
  return {
    decimalIsSettled: decimal !== undefined,
    // Where the comma is the decimal mark, a file is separated by semicolons.
    decimal: decimal ?? (delimiter === ';' ? ',' : '.'),
    dateOrder: mostly(orders, DATE_ORDERS),
  };
}

function mostly<T>(votes: readonly (T | undefined)[], choices: readonly T[]): T | undefined {
  const count = (of: T) => votes.filter((vote) => vote === of).length;
  const most = Math.max(...choices.map(count));
  const [first, ...others] = choices.filter((choice) => count(choice) === most);
  return others.length > 0 ? undefined : first;
}

/** With so many that not all are known, none is said. */
function units({ units: seen }: ColumnSummary): Pick<ColumnFormat, 'units'> {
  const known = [...seen.keys()].filter((unit) => unit !== '');
  return known.length === 0 || seen.size >= MOST_UNITS ? {} : { units: known };
}
