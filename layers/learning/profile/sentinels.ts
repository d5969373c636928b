/**
 * Numbers and times that mostly stand for "no value", such as -999, the largest number that a field takes or 9999-12-31: they
 * lie far outside of all others, and occur again and again. They are read as what they are, and pointed out.
 */
import { withMissingWord } from '../values/missing.ts';
import { parseTime } from '../values/time.ts';
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

/** Days that mostly stand for "no date" or "for ever", such as the first that a program knows. */
const DAYS: ReadonlySet<number> = new Set(
  ['0001-01-01', '1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01', '1970-01-01']
    .concat(['2099-12-31', '2999-12-31', '3000-01-01', '9999-12-31'])
    .map((day) => dayOf(Date.parse(day))),
);

function dayOf(time: number): number {
  return Math.floor(time / 86_400_000);
}

export function sentinelFindings(summary: ColumnSummary, { type, values, format }: Decided): Finding[] {
  if ((type !== 'number' && type !== 'timestamp') || !values) return [];
  const isSuspect = type === 'number' ? isSuspectNumber : isSuspectTime;
  const { least, greatest } = values.extremes;
  return [least, greatest]
    .filter((extreme) => isSuspect(extreme) && isFarOutside(values, extreme, isSuspect))
    .map(({ value, count, row }) => {
      const words =
        type === 'number' ? [String(value).replace('.', format.decimal ?? '.')] : spellingsOf(summary, value, format);
      const shown = words[0] ?? new Date(value).toISOString().slice(0, 10);
      const missing = words.reduce<readonly string[] | undefined>(
        (all, word) => withMissingWord(word, all, summary.absent.rows > 0),
        format.missing,
      );
      return {
        code: 'sentinel_values',
        first: row === undefined ? undefined : { row, value: shown },
        rows: count,
        message: `${count} of ${summary.present} ${type === 'number' ? 'numbers' : 'times'} are ${shown}, far outside of all others: it looks like a word for "no value"`,
        cost: `They are learned from as ${type === 'number' ? 'numbers' : 'times'}`,
        overrule: words.length > 0 ? choose(summary.name, { missing: missing! }) : null,
      };
    });
}

const isSuspectNumber = ({ value, count }: Extreme): boolean =>
  count >= LEAST.rows && (NINES.test(String(value)) || BOUNDS.includes(value));

const isSuspectTime = ({ value, count }: Extreme): boolean => count >= LEAST.rows && DAYS.has(dayOf(value));

/** How a time is written, as far as the cells of its column are known. */
const spellingsOf = ({ counts }: ColumnSummary, time: number, { date_order }: Decided['format']): string[] =>
  counts
    .top()
    .map(({ value }) => value)
    .filter((value) => parseTime(value, date_order) === time);

/** Farther from the others than those lie apart. */
function isFarOutside(
  { extremes: { least, greatest }, quantiles, readable }: Candidate,
  extreme: Extreme,
  isSuspect: (extreme: Extreme) => boolean,
): boolean {
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
