/**
 * Dates and times as people write them: ISO 8601, `31.05.2024`, `05/31/2024 7:30 PM`, `31 May 2024`, `… UTC`. Whether the
 * day, the month or a year of two digits comes first is not guessed here: it is one order for a whole column.
 */
import type { DateOrder } from '#domain/datasets/column-format.ts';

/** `Wednesday, 30 September 2024 11:30:45.123456789 PM +00:00`, and some blanks. */
const LONGEST = 64;

const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})(?=$|[T ,])/;
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4}|\d{2})(?=$|[T ,])/;
const DAY_MONTH_NAME = /^(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ ,-] ?(\d{4}|\d{2})(?=$|[T ,])/;
const MONTH_NAME_DAY = /^([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?=$|[T ,])/;
const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? /i;
const CLOCK =
  /^(?:T|, ?| )(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?(?: ?(Z|[A-Z]{3,4}|[+-]\d{2}(?::?\d{2})?))?(?:\[[A-Za-z_/+-]{1,32}\])?$/;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}

/** Epoch milliseconds; a time without a zone is in UTC. NaN for anything else, also for days that do not exist. */
export function parseTime(cell: string, order: DateOrder = 'month_first'): number {
  if (cell.length > LONGEST || cell.length < 6) return Number.NaN;
  const text = withoutWeekday(cell);
  const found = yearFirst(text) ?? yearLast(text, order) ?? named(text);
  if (!found) return Number.NaN;
  const clock = clockOf(text.slice(found.length));
  return clock === undefined ? Number.NaN : startOf(found.date) + clock;
}

/** A date of which only the order says what is the day: the column has to settle it. */
export const isOrdered = (cell: string): boolean => cell.length <= LONGEST && YEAR_LAST.test(withoutWeekday(cell));

const withoutWeekday = (cell: string): string => (startsWithDigit(cell) ? cell : cell.replace(WEEKDAY, ''));

function startsWithDigit(cell: string): boolean {
  const code = cell.charCodeAt(0);
  return code >= 48 && code <= 57;
}

interface Found {
  readonly date: Day;
  readonly length: number;
}

function yearFirst(text: string): Found | undefined {
  const found = YEAR_FIRST.exec(text);
  if (!found || found[2] !== found[4]) return undefined;
  return { date: { year: Number(found[1]), month: Number(found[3]), day: Number(found[5]) }, length: found[0].length };
}

function yearLast(text: string, order: DateOrder): Found | undefined {
  const found = YEAR_LAST.exec(text);
  if (!found || found[2] !== found[4]) return undefined;
  const [, first = '', , second = '', , last = ''] = found;
  const { length } = found[0];
  if (order === 'day_first') return { date: dateOf(last, second, first), length };
  if (order === 'month_first') return { date: dateOf(last, first, second), length };
  return first.length === 2 && last.length === 2 ? { date: dateOf(first, second, last), length } : undefined;
}

const dateOf = (year: string, month: string, day: string): Day => ({
  ...{ year: fullYear(year), month: Number(month), day: Number(day) },
});

function named(text: string): Found | undefined {
  const after = DAY_MONTH_NAME.exec(text);
  const found = after ?? MONTH_NAME_DAY.exec(text);
  if (!found) return undefined;
  const [day, name] = after ? [found[1]!, found[2]!] : [found[2]!, found[1]!];
  const month = MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
  return { date: { year: fullYear(found[3]!), month, day: Number(day) }, length: found[0].length };
}

/** Years of two digits are those from 1969 to 2068, as POSIX has it. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < 69 ? 2000 + year : 1900 + year;
}

function startOf({ year, month, day }: Day): number {
  const time = Date.UTC(year, month - 1, day);
  const back = new Date(time);
  // Date.UTC turns 30 February into 2 March, and the years 0 to 99 into 1900 to 1999.
  const exact = back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === day;
  return exact ? time : Number.NaN;
}

/** Milliseconds since midnight in UTC; undefined for anything else than a time of day. */
function clockOf(text: string): number | undefined {
  if (text === '') return 0;
  const found = CLOCK.exec(text);
  if (!found) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0', fraction = '0', half, zone = 'Z'] = found;
  const hour = hourOf(Number(hours), half?.toLowerCase());
  if (hour === undefined || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const whole = (hour * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
  return whole + Math.floor(Number(`0.${fraction}`) * 1000) - offset;
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour > 23 ? undefined : hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half === 'p' ? 12 : 0);
}

/** Zones whose letters mean the same everywhere, in hours. */
const ZONES: Readonly<Record<string, number>> = {
  ...{ Z: 0, UTC: 0, GMT: 0, WET: 0, WEST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3, JST: 9, AEST: 10, AEDT: 11 },
  ...{ EST: -5, EDT: -4, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 },
};
const HOUR_MS = 3_600_000;

/** Undefined for letters that are no zone, or that of several places. */
function offsetOf(zone: string): number | undefined {
  if (!/^[+-]/.test(zone)) return ZONES[zone] === undefined ? undefined : ZONES[zone] * HOUR_MS;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
