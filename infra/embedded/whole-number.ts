import { UsageError } from '../command-line.ts';

/** Throws `UsageError` unless it is a whole number within the bounds. */
export function wholeNumber(option: string, given: string, most: number, least = 1): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= least && number <= most) return number;
  throw new UsageError(`${option} must be a whole number between ${least} and ${most}; got ${given}`);
}
