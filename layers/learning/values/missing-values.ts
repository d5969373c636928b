import { readIsoTime } from './iso-time.ts';
import type { MissingWords } from './missing.ts';
import { type PlainNumber, readPlainNumber } from './plain-number.ts';

/** The numbers and times among the words for "no value": a cell with one of them has to be looked at as text. */
export function missingValues(words: MissingWords): ReadonlySet<number> {
  const number: PlainNumber = { value: 0, withComma: 0, hasPoint: false, leadingZero: false };
  const values = [...words].flatMap((word) => {
    const bytes = Buffer.from(word.toUpperCase());
    const time = readIsoTime(bytes, 0, bytes.length);
    const isNumber = readPlainNumber(bytes, 0, bytes.length, number);
    return [...(isNumber ? [number.value] : []), ...(Number.isNaN(time) ? [] : [time])];
  });
  return new Set(values);
}
