/**
 * Parses cells as numbers, timestamps and booleans. Each function returns NaN or undefined for anything else. A cell may
 * have a mebibyte, so its length is checked first.
 */

/** The exact digits of the smallest double, written out, take 1,077 characters; no number takes more. */
const NUMBER_CHARACTERS = 1100;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Within these bounds, a double can hold the sum of squares of as many values as a file may have. */
const NUMBER_BOUNDS = { smallest: 1e-100, largest: 1e100 } as const;

/** A decimal number of at most the largest magnitude, 0 for one below the smallest; NaN for anything else. */
export function parseNumber(cell: string): number {
  if (cell.length > NUMBER_CHARACTERS || !NUMBER.test(cell)) return Number.NaN;
  const value = Number(cell);
  const magnitude = Math.abs(value);
  if (magnitude > NUMBER_BOUNDS.largest) return Number.NaN;
  return magnitude < NUMBER_BOUNDS.smallest ? 0 : value;
}

/** `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+HH:MM`. */
const TIMESTAMP_CHARACTERS = 35;
const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** A date or date-time of ISO 8601 as epoch milliseconds; without a zone it is UTC. NaN for anything else. */
export function parseTimestamp(cell: string): number {
  const found = cell.length > TIMESTAMP_CHARACTERS ? null : TIMESTAMP.exec(cell);
  if (!found) return Number.NaN;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = found;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  const time = Date.UTC(...parts);
  const back = new Date(time);
  // Date.UTC turns 30 February into 2 March, and the years 0 to 99 into 1900 to 1999.
  const exact = back.getUTCFullYear() === parts[0] && back.getUTCMonth() === parts[1] && back.getUTCDate() === parts[2];
  if (!exact || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return Number.NaN;
  return time + Math.floor(Number(`0.${fraction}`) * 1000) - zoneOffset(zone);
}

function zoneOffset(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Pairs of words for false and true. A column is boolean if all its values come from one pair. */
export const BOOLEAN_WORDS = [
  ['false', 'true'],
  ['no', 'yes'],
  ['f', 't'],
  ['n', 'y'],
] as const;
const BOOLEAN_CHARACTERS = Math.max(...BOOLEAN_WORDS.flat().map((word) => word.length));

/** The pair that the word belongs to, and its value. Case does not matter. Undefined for anything else. */
export function parseBoolean(cell: string): { pair: number; value: boolean } | undefined {
  if (cell.length > BOOLEAN_CHARACTERS) return undefined;
  const word = cell.toLowerCase();
  for (const [pair, [no, yes]] of BOOLEAN_WORDS.entries()) {
    if (word === no || word === yes) return { pair, value: word === yes };
  }
  return undefined;
}
