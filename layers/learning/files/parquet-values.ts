/** What the values of a Parquet column are as text, which is what pandas writes into a CSV file of them. */
import type { SchemaElement } from 'hyparquet';
import { fileFault, shown } from '../csv/fault.ts';

/** The text of a value; '' for null. */
export type ToText = (value: unknown) => string;

const DAY_MS = 86_400_000;
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The library's own turn times into `Date`, and bytes that are no UTF-8 into something else. */
export const PARSERS = {
  timestampFromMilliseconds: (ms: bigint) => Number(ms),
  timestampFromMicroseconds: (us: bigint) => Number(us / 1000n),
  timestampFromNanoseconds: (ns: bigint) => Number(ns / 1_000_000n),
  dateFromDays: (days: number) => days * DAY_MS,
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && text.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && text.decode(bytes),
};

const present =
  (show: (value: unknown) => string): ToText =>
  (value) =>
    value === null || value === undefined ? '' : show(value);

/** Whole numbers in a column of floating-point numbers have a point, as everywhere else. */
const ofDouble = present((value) => withPoint(String(value), Number(value)));
const ofFloat = present((value) => withPoint(shortest(Number(value)), Number(value)));
const plain = present(String);

const withPoint = (shown: string, value: number): string =>
  Number.isInteger(value) && !shown.includes('e') ? `${shown}.0` : shown;

/** The fewest digits that stand for the same number of 32 bits: 0.1, not 0.10000000149011612. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

const ofTime = present((value) => {
  const ms = Number(value);
  // Beyond the years that a date can have, the number is as good as any.
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
});
const ofDate = present((value) => ofTime(value).slice(0, 10));

/** A time of day, from so many units after midnight. */
const ofClock = (unitsPerMs: bigint): ToText =>
  present((value) => new Date(Number(BigInt(value as bigint | number) / unitsPerMs)).toISOString().slice(11, 23));

const CLOCK_UNITS = { MILLIS: 1n, MICROS: 1000n, NANOS: 1_000_000n } as const;

/** @throws ValidationError with field `file` for a column whose values are no text, numbers, truth values or times */
export function textOf(element: SchemaElement): ToText {
  const { type, converted_type: converted, logical_type: logical, name } = element;
  if (
    converted === 'INTERVAL' ||
    converted === 'BSON' ||
    logical?.type === 'GEOMETRY' ||
    logical?.type === 'GEOGRAPHY'
  ) {
    throw binary(name, converted ?? logical!.type.toLowerCase());
  }
  if (logical?.type === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP') || type === 'INT96') return ofTime;
  if (logical?.type === 'DATE' || converted === 'DATE') return ofDate;
  if (logical?.type === 'TIME') return ofClock(CLOCK_UNITS[logical.unit]);
  if (converted === 'TIME_MILLIS') return ofClock(1n);
  if (converted === 'TIME_MICROS') return ofClock(1000n);
  if (logical?.type === 'FLOAT16' || type === 'FLOAT') return ofFloat;
  if (type === 'DOUBLE') return ofDouble;
  if (type === 'FIXED_LEN_BYTE_ARRAY' && converted !== 'DECIMAL' && logical?.type !== 'UUID')
    throw binary(name, 'bytes');
  return plain;
}

const binary = (name: string, kind: string) =>
  fileFault(
    `column ${shown(name)} must have text, numbers, truth values or times; got ${kind.toLowerCase()}: leave it out, or write it as text`,
  );
