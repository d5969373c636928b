/**
 * A webhook's filter: comparisons that all must hold for an event's data.
 *
 *     filter     = comparison *( "and" comparison )
 *     comparison = name operator ( number | text )
 *     operator   = "=" | "!=" | "<" | "<=" | ">" | ">="        texts only know = and !=
 *     text       = a single-quoted or double-quoted string without that quote in it
 *
 * `val_accuracy < 0.9 and model_name = "churn"`. A name is a metric, or else a field of the data. An event that does not
 * have it is not wanted. Reading takes time in proportion to the filter's length, whatever it contains.
 */
import { ValidationError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Json } from '../ports/table/port.ts';

type Data = { readonly [name: string]: Json };
type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

interface Comparison {
  readonly name: string;
  readonly operator: Operator;
  readonly value: number | string;
}

const HOLDS: Readonly<Record<Operator, <T extends number | string>(a: T, b: T) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** The parts of a comparison, each with what is expected where it does not match. */
const PARTS = {
  name: { pattern: /[A-Za-z_][A-Za-z0-9_]{0,63}/y, expected: 'the name of a metric or a field' },
  operator: { pattern: /<=|>=|!=|=|<|>/y, expected: 'one of = != < <= > >=' },
  value: {
    pattern: /-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,3})?|"[^"]*"|'[^']*'/y,
    expected: 'a number or a quoted text',
  },
  and: { pattern: /and\b/iy, expected: '"and" or the end' },
} as const;

const NAME = '[A-Za-z_][A-Za-z0-9_]{0,63}';
const NUMBER = '-?[0-9]{1,15}(?:\\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?';
const COMPARISON = `${NAME} *(?:(?:!?=|[<>]=?) *${NUMBER}|!?= *(?:"[^"]*"|'[^']*'))`;

/** For documents: every text that it matches is a filter. Filters beyond it have exponents of three digits or an `AND`. */
export const FILTER_PATTERN = `^ *${COMPARISON}(?: +and +${COMPARISON}){0,${LIMITS.webhooks.filterComparisons - 1}} *$`;

/** Throws `ValidationError` with the position of the first fault. */
export function parseFilter(text: string, field = 'filter'): readonly Comparison[] {
  let at = 0;
  const refuse = (position: number, what: string): never => {
    const got = position >= text.length ? 'the end' : JSON.stringify(text.slice(position, position + 20));
    throw ValidationError.of(field, `at character ${position + 1}: must be ${what}; got ${got}`);
  };
  const skipSpaces = () => {
    while (text[at] === ' ') at += 1;
  };
  const take = (part: keyof typeof PARTS): string => {
    skipSpaces();
    const { pattern, expected } = PARTS[part];
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return refuse(at, expected);
    // `0.9.1` and `1e5000` are not numbers with something after them.
    const isNumber = part === 'value' && /[0-9]$/.test(found);
    if (isNumber && /^[\w.]/.test(text.charAt(at + found.length))) return refuse(at, expected);
    at += found.length;
    return found;
  };

  if (text.length > LIMITS.webhooks.filterCharacters) {
    const { filterCharacters } = LIMITS.webhooks;
    throw ValidationError.of(field, `must have at most ${filterCharacters} characters; got ${text.length}`);
  }
  const comparisons: Comparison[] = [];
  for (;;) {
    if (comparisons.length === LIMITS.webhooks.filterComparisons) {
      throw ValidationError.of(field, `must have at most ${LIMITS.webhooks.filterComparisons} comparisons; got more`);
    }
    const name = take('name');
    const operator = take('operator') as Operator;
    skipSpaces();
    const position = at;
    const literal = take('value');
    const value = /^["']/.test(literal) ? literal.slice(1, -1) : Number(literal);
    if (typeof value === 'string' && operator !== '=' && operator !== '!=')
      refuse(position, `a number after ${operator}`);
    if (typeof value === 'number' && !Number.isFinite(value)) refuse(position, 'a finite number');
    comparisons.push({ name, operator, value });
    skipSpaces();
    if (at === text.length) return comparisons;
    take('and');
  }
}

/** Whether the event's data satisfy the filter. */
export const passes = (filter: readonly Comparison[], data: Data): boolean =>
  filter.every(({ name, operator, value }) => {
    const found = lookUp(data, name);
    if (typeof found === 'number' && typeof value === 'number') return HOLDS[operator](found, value);
    return typeof found === 'string' && typeof value === 'string' && HOLDS[operator](found, value);
  });

function lookUp(data: Data, name: string): Json | undefined {
  const { metrics } = data;
  const isRecord = typeof metrics === 'object' && metrics !== null && !Array.isArray(metrics);
  if (isRecord && Object.hasOwn(metrics, name)) return (metrics as Data)[name];
  return Object.hasOwn(data, name) ? data[name] : undefined;
}
