import { readIsoTime } from './iso-time.ts';
import type { MissingWords } from './missing.ts';
import { ReadNumber, readPlainNumber } from './plain-number.ts';

/** The numbers among the words for "no value". */
export function missingNumbers(words: MissingWords): ReadonlySet<number> {
  const number = new ReadNumber();
  const values = [...words].flatMap((word) => {
    const bytes = Buffer.from(word);
    return readPlainNumber(bytes, 0, bytes.length, number) ? [number.value] : [];
  });
  return new Set(values);
}

/** The numbers and times among the words for "no value": a cell with one of them has to be looked at as text. */
export function missingValues(words: MissingWords): ReadonlySet<number> {
  const times = Array.from(words, (word) => {
    const bytes = Buffer.from(word.toUpperCase());
    return readIsoTime(bytes, 0, bytes.length);
  });
  return missingNumbers(words).union(new Set(times.filter((time) => !Number.isNaN(time))));
}
