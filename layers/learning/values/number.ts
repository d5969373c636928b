/**
 * Numbers as people write them: `1234.5`, `1,234.50`, `1.234,50`, `1 234,5`, `$1,234`, `12 %`, `3 kg`, `(5)` for −5. Which mark
 * separates the decimals is not guessed here: it is one for a whole column.
 */
import { leadingUnit, trailingUnit } from './units.ts';

export const DECIMAL_MARKS = ['.', ','] as const;
export type DecimalMark = (typeof DECIMAL_MARKS)[number];

/** The exact digits of the smallest double, written out, take 1,077 characters; no number takes more. */
const NUMBER_CHARACTERS = 1100;
const PLAIN = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const POINTS_BETWEEN_THOUSANDS = /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$/;
const SIGN_BEHIND = /[.,]\d{2,}-$/;
const DIGITS = /^\d+$/;
const EXPONENT = /[eE][+-]?\d{1,4}$/;

/** Within these bounds, a double can hold the sum of squares of as many values as a file may have. */
const BOUNDS = { smallest: 1e-100, largest: 1e100 } as const;

/** Marks between groups of digits, apart from the one that is not the decimal mark. */
const GROUP_MARKS = ["'", '’', ' ', '\u00a0', '\u202f', '\u2009'];

/** A number of at most the largest magnitude, 0 for one below the smallest; NaN for anything else. */
export function parseNumber(cell: string, decimal: DecimalMark = '.'): number {
  if (cell.length > NUMBER_CHARACTERS) return Number.NaN;
  if (PLAIN.test(cell)) {
    if (decimal === '.' || !cell.includes('.')) return bounded(Number(cell));
    return POINTS_BETWEEN_THOUSANDS.test(cell) ? bounded(Number(cell.replaceAll('.', ''))) : Number.NaN;
  }
  if (OTHER_DIGITS.test(cell)) return parseNumber(westernDigits(cell), decimal);
  if (!mayBeNumber(cell)) return Number.NaN;
  const { negative, body } = dressed(cell);
  const value = bounded(parseBody(body, decimal));
  return negative ? -value : value;
}

/** Arabic, Persian and full-width ones. */
const OTHER_DIGITS = /[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/;
const MARKS: Readonly<Record<string, string>> = { '٫': '.', '٬': ',', '．': '.', '，': ',', '－': '-', '＋': '+' };

const westernDigits = (cell: string): string =>
  cell.replace(/[\u0660-\u066c\u06f0-\u06f9\uff0b-\uff19]/g, (one) => MARKS[one] ?? String(one.charCodeAt(0) & 15));

/** Whether the cell is written with digits and at most a point, a sign and an exponent: it reads the same to a program. */
export const isPlainNumber = (cell: string): boolean => cell.length <= NUMBER_CHARACTERS && PLAIN.test(cell);

/** What stands beside the number: a currency, `%` or what is measured, or '' for nothing. */
export const unitOf = (cell: string): string => (isPlainNumber(cell) ? '' : dressed(cell).unit);

function bounded(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude > BOUNDS.largest) return Number.NaN;
  return magnitude < BOUNDS.smallest ? 0 : value;
}

/** Of a sign, digits, marks and a unit. Most cells that are no numbers fail here, which takes no time. */
const DRESSED_CHARACTERS = 64;
/** Of the longest unit and an exponent. */
const MOST_LETTERS = 6;

function mayBeNumber(cell: string): boolean {
  if (cell.length > DRESSED_CHARACTERS) return false;
  let [digits, letters] = [0, 0];
  for (let i = 0; i < cell.length && letters <= MOST_LETTERS; i++) {
    const code = cell.charCodeAt(i);
    if (code >= 48 && code <= 57) digits++;
    else if ((code | 32) >= 97 && (code | 32) <= 122) letters++;
  }
  return digits > 0 && letters <= MOST_LETTERS;
}

/** The number without its sign, its unit and the parentheses of a negative amount. */
function dressed(cell: string): { negative: boolean; unit: string; body: string } {
  let body = cell;
  let negative = false;
  if (body.startsWith('(') && body.endsWith(')')) {
    negative = true;
    body = body.slice(1, -1).trim();
  }
  const takeSign = (): void => {
    const [first = ''] = body;
    if (negative || !'+-−–'.includes(first) || first === '') return;
    negative = first !== '+';
    body = body.slice(1).trimStart();
  };
  takeSign();
  // As SAP writes amounts; a mark at school has no decimals.
  if (!negative && SIGN_BEHIND.test(body)) {
    negative = true;
    body = body.slice(0, -1);
  }
  const before = leadingUnit(body);
  body = body.slice(before.length).trimStart();
  if (before !== '') takeSign();
  const after = before === '' ? trailingUnit(body) : '';
  if (after !== '') body = body.slice(0, -after.length).trimEnd();
  return { negative, unit: before || after, body };
}

function parseBody(body: string, decimal: DecimalMark): number {
  const exponent = EXPONENT.exec(body)?.[0] ?? '';
  const mantissa = body.slice(0, body.length - exponent.length);
  const at = mantissa.indexOf(decimal);
  const whole = at < 0 ? mantissa : mantissa.slice(0, at);
  const fraction = at < 0 ? '' : mantissa.slice(at + 1);
  if (fraction !== '' && !DIGITS.test(fraction)) return Number.NaN;
  const digits = whole === '' && fraction !== '' ? '0' : ungrouped(whole, decimal);
  return digits === undefined ? Number.NaN : Number(`${digits}.${fraction || '0'}${exponent}`);
}

/** The digits of `1,234`, `1 234` or `12,34,567`; undefined where the groups are not those of a number. */
function ungrouped(whole: string, decimal: DecimalMark): string | undefined {
  if (DIGITS.test(whole)) return whole;
  const marks = [decimal === '.' ? ',' : '.', ...GROUP_MARKS];
  const mark = marks.find((one) => whole.includes(one));
  if (mark === undefined) return undefined;
  const groups = whole.split(mark);
  const [first = ''] = groups;
  const wide = groups.slice(1, -1).every((group) => group.length === 3);
  const indian = groups.slice(1, -1).every((group) => group.length === 2);
  const isGrouped =
    first !== '' && first.length <= 3 && !first.startsWith('0') && (wide || indian) && groups.at(-1)!.length === 3;
  if (mark === '.' && isAddress(groups)) return undefined;
  return isGrouped && groups.every((group) => DIGITS.test(group)) ? groups.join('') : undefined;
}

/** Of a computer, as 192.168.100.200 is, though its groups are those of a number. */
const isAddress = (groups: readonly string[]): boolean =>
  groups.length === 4 && groups.every((group) => Number(group) <= 255);
