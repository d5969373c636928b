/**
 * Numbers that mostly stand for "no value", such as -999 or the largest number that a field takes: they lie far outside of all
 * others, and occur again and again. They are read as what they are, a number, and pointed out.
 */
import { withMissingWord } from '../values/missing.ts';
import type { Candidate } from './candidate.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import type { Extreme } from './extremes.ts';
import { choose, type Finding } from './warn.ts';

/** -99, 999, 9999, 999.9. Not 9.99, which is a price. */
const NINES = /^(?:-9|9)9+(?:\.9)?$/;
/** Of integers of 16 and 32 bits. */
const BOUNDS = [-32_768, 32_767, 65_535, -2_147_483_648, 2_147_483_647, 4_294_967_295];

/** It has to occur so often, beside so many others. */
const LEAST = { rows: 2, others: 4 };
/** Ranks of estimated quantiles are off by less. */
const RANK_ERROR = 0.01;

export function sentinelFindings(summary: ColumnSummary, { type, values, format }: Decided): Finding[] {
  if (type !== 'number' || !values) return [];
  const { least, greatest } = values.extremes;
  return [least, greatest]
    .filter((extreme) => isSuspect(extreme) && isFarOutside(values, extreme))
    .map(({ value, count, row }) => {
      const word = String(value).replace('.', format.decimal ?? '.');
      return {
        code: 'sentinel_values',
        first: row === undefined ? undefined : { row, value: word },
        rows: count,
        message: `${count} of ${summary.present} numbers are ${word}, far outside of all others: it looks like a word for "no value"`,
        cost: 'They are learned from as numbers',
        overrule: choose(summary.name, { missing: withMissingWord(word, format.missing, summary.absent.rows > 0) }),
      };
    });
}

const isSuspect = ({ value, count }: Extreme): boolean =>
  count >= LEAST.rows && (NINES.test(String(value)) || BOUNDS.includes(value));

/** Farther from the others than those lie apart. */
function isFarOutside({ extremes: { least, greatest }, quantiles, readable }: Candidate, extreme: Extreme): boolean {
  if (least.value === greatest.value) return false;
  // Both ends may be such numbers.
  const below = extreme === least || isSuspect(least) ? least.count : 0;
  const above = extreme === greatest || isSuspect(greatest) ? greatest.count : 0;
  if (readable - below - above < LEAST.others) return false;
  const error = quantiles.estimated ? RANK_ERROR : 0;
  const [from, to] = [below / (readable - 1) + error, 1 - above / (readable - 1) - error];
  if (from > to) return false;
  const [low = Number.NaN, high = Number.NaN] = quantiles.at([from, to]);
  const distance = extreme === least ? low - extreme.value : extreme.value - high;
  return high > low && distance > high - low;
}
