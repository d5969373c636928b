/**
 * Filters that have no list of their own. A page looks through the entries of another list; where the filter is a range
 * of that list's order, only through those in the range.
 */
import { fold } from '../keys.ts';
import { number, type Range, SEPARATOR, text, time } from './order.ts';

export type FilterValue = string | number;

export interface Filter<R> {
  readonly matches: (record: R, value: FilterValue) => boolean;
  /** In lists that are sorted by `sort`, only entries in the range can match. */
  readonly range?: { readonly sort: string; readonly of: (value: FilterValue) => Range };
}

export const equals = <R>(field: (record: R) => FilterValue | undefined): Filter<R> => ({
  matches: (record, value) => field(record) === value,
});

/** Above every text that begins as the one before it. */
const LAST = '\u{10ffff}';
/** Above the position of every record with the value before it. */
const AFTER_VALUE = String.fromCharCode(SEPARATOR.charCodeAt(0) + 1);

/** Exactly this text. */
export const is = <R>(sort: string, field: (record: R) => string): Filter<R> => ({
  matches: (record, value) => field(record) === value,
  range: { sort, of: (value) => ({ from: text(String(value)) + SEPARATOR, to: text(String(value)) + AFTER_VALUE }) },
});

/** The beginning of a name, without regard to case. */
export const startsWith = <R>(sort: string, field: (record: R) => string): Filter<R> => ({
  matches: (record, value) => fold(field(record)).startsWith(fold(String(value))),
  range: { sort, of: (value) => ({ from: text(String(value)), to: text(String(value)) + LAST }) },
});

/** At this time or later. */
export const since = <R>(sort: string, field: (record: R) => string): Filter<R> => ({
  matches: (record, value) => time(field(record)) >= time(String(value)),
  range: { sort, of: (value) => ({ from: time(String(value)) }) },
});

/** Before this time. */
export const before = <R>(sort: string, field: (record: R) => string): Filter<R> => ({
  matches: (record, value) => time(field(record)) < time(String(value)),
  range: { sort, of: (value) => ({ to: time(String(value)) }) },
});

/** This number or more; never a record without one. */
export const atLeast = <R>(sort: string, field: (record: R) => number | undefined): Filter<R> => ({
  matches: (record, value) => Number(field(record)) >= Number(value),
  range: { sort, of: (value) => ({ from: number(Number(value)) }) },
});

/** This number or less; never a record without one. */
export const atMost = <R>(sort: string, field: (record: R) => number | undefined): Filter<R> => ({
  matches: (record, value) => Number(field(record)) <= Number(value),
  range: { sort, of: (value) => ({ from: number(Number.NEGATIVE_INFINITY), to: number(Number(value)) + AFTER_VALUE }) },
});

/** Values of filters, by name. */
export type Given<Name extends string = string> = Readonly<Partial<Record<Name, FilterValue | undefined>>>;

export interface Chosen<R> {
  /** What of the list can match. */
  readonly range: Range;
  readonly matches: (record: R) => boolean;
  /** The names and values of those that were given. */
  readonly given: readonly (readonly [string, FilterValue])[];
}

/** Puts together the filters that were given, for a list in that order. */
export function choose<R>(filters: Readonly<Record<string, Filter<R>>>, sort: string, values: Given): Chosen<R> {
  const given = Object.entries(values)
    .filter((one): one is [string, FilterValue] => one[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const chosen = given.map(([name, value]) => ({ filter: filters[name]!, value }));
  const ranges = chosen.flatMap(({ filter, value }) => (filter.range?.sort === sort ? [filter.range.of(value)] : []));
  return {
    range: ranges.reduce(intersection, {}),
    matches: (record) => chosen.every(({ filter, value }) => filter.matches(record, value)),
    given,
  };
}

/** Positions that are in both. */
export function intersection(a: Range, b: Range): Range {
  const later = a.from === undefined || (b.from !== undefined && compare(a.from, b.from) < 0) ? b.from : a.from;
  const earlier = a.to === undefined || (b.to !== undefined && compare(a.to, b.to) > 0) ? b.to : a.to;
  return { from: later, to: earlier };
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
