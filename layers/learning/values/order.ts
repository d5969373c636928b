import { parseNumber } from './number.ts';

/** The order of classes: numbers by value, then texts. */
export function byNumberThenText(a: string, b: string): number {
  const difference = parseNumber(a) - parseNumber(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
}
