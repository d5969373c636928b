/** A table of values, and the many ways in which a program or a person may write it as CSV. */
import fc from 'fast-check';

/** A row: amount, count, day, whether it is open, its name and its class. null is missing. */
export interface Row {
  readonly amount: number | null;
  readonly count: number | null;
  /** Epoch milliseconds. */
  readonly day: number | null;
  readonly open: boolean | null;
  readonly place: string | null;
  readonly label: string;
}

export const HEADER = ['amount', 'count', 'day', 'open', 'place', 'label'] as const;

export interface Spelling {
  readonly delimiter: string;
  readonly quote: '"' | "'";
  /** Whether all cells are quoted, or only those that have to be. */
  readonly quoted: 'all' | 'needed';
  readonly decimal: '.' | ',';
  readonly grouped: boolean;
  readonly currency: 'none' | 'before' | 'after';
  readonly missing: string;
  readonly truth: readonly [no: string, yes: string];
  readonly date: 'iso' | 'time' | 'dots' | 'day_first' | 'month_first' | 'name';
  readonly padding: string;
  readonly newline: string;
  readonly mark: '' | '\uFEFF';
}

const PLACES = ['Köln', "'s-Hertogenbosch", "L'Aquila", 'Washington, D.C.', 'a;b', 'say "hi"', 'x|y', '0 Main St'];
const LABELS = ['+', '-', 'none', 'ja', 'n/a'];
const DAY = 86_400_000;

const row: fc.Arbitrary<Row> = fc.record({
  // Two decimals, of which the last is not 0: no mark can be taken for that of thousands.
  amount: fc.option(fc.integer({ min: -9_999_999, max: 9_999_999 }).map((n) => (Math.trunc(n / 10) * 10 + 5) / 100)),
  count: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { freq: 8 }),
  day: fc.option(
    fc.integer({ min: 0, max: 22_000 }).map((n) => n * DAY),
    { freq: 8 },
  ),
  open: fc.option(fc.boolean(), { freq: 8 }),
  place: fc.option(fc.constantFrom(...PLACES), { freq: 8 }),
  label: fc.constantFrom(...LABELS),
});

/** Of at least two classes, and with a value that settles what is open: whether day or month comes first. */
export const tables: fc.Arbitrary<readonly Row[]> = fc
  .array(row, { minLength: 30, maxLength: 60 })
  .map((rows) => [
    { amount: 1234.55, count: 1_234_567, day: Date.UTC(2024, 4, 31), open: true, place: 'Köln', label: '+' },
    { amount: -0.25, count: 0, day: Date.UTC(1999, 11, 13), open: false, place: 'a;b', label: '-' },
    ...rows,
  ]);

export const spellings: fc.Arbitrary<Spelling> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quote: fc.constantFrom('"', "'"),
  quoted: fc.constantFrom('all', 'needed'),
  decimal: fc.constantFrom('.', ','),
  grouped: fc.boolean(),
  currency: fc.constantFrom('none', 'before', 'after'),
  missing: fc.constantFrom('', 'NA', 'n/a', '#N/A', 'NULL', 'None', 'NaN', '-', '?', '--', '\\N'),
  truth: fc.constantFrom(['no', 'yes'], ['False', 'True'], ['N', 'Y'], ['nein', 'ja'], ['OFF', 'on'], ['f', 't']),
  date: fc.constantFrom('iso', 'time', 'dots', 'day_first', 'month_first', 'name'),
  padding: fc.constantFrom('', ' ', '   '),
  newline: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\uFEFF'),
}) as fc.Arbitrary<Spelling>;

/** A row's cells, before they are quoted. */
export const cellsOf = (of: Row, by: Spelling): string[] => [
  of.amount === null ? by.missing : priced(number(of.amount, 2, by), by),
  of.count === null ? by.missing : number(of.count, 0, by),
  of.day === null ? by.missing : date(of.day, by),
  of.open === null ? by.missing : by.truth[Number(of.open)]!,
  of.place ?? by.missing,
  of.label,
];

export function written(rows: readonly Row[], by: Spelling): string {
  const lines = [HEADER.map(String), ...rows.map((row) => cellsOf(row, by))].map((line) =>
    line.map((cell) => enclosed(cell, by)),
  );
  return by.mark + lines.map((line) => line.join(by.delimiter) + by.newline).join('');
}

function number(value: number, decimals: number, { decimal, grouped }: Spelling): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const digits = grouped ? whole.replace(/\B(?=(?:\d{3})+$)/g, decimal === '.' ? ',' : '.') : whole;
  return (value < 0 ? '-' : '') + digits + (fraction === undefined ? '' : decimal + fraction);
}

const priced = (digits: string, { currency }: Spelling): string =>
  ({ none: digits, before: `€${digits}`, after: `${digits} EUR` })[currency];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function date(time: number, { date: style }: Spelling): string {
  const iso = new Date(time).toISOString().slice(0, 10);
  const [year, month, day] = iso.split('-') as [string, string, string];
  return {
    iso,
    time: `${iso} 00:00:00 UTC`,
    dots: `${day}.${month}.${year}`,
    day_first: `${day}/${month}/${year}`,
    month_first: `${month}/${day}/${year} 12:00 AM`,
    name: `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}`,
  }[style];
}

function enclosed(cell: string, { delimiter, quote, quoted, padding }: Spelling): string {
  const needs =
    [delimiter, '"', '\n'].some((mark) => cell.includes(mark)) ||
    cell.startsWith(quote) ||
    (quote === "'" && cell.includes(quote));
  if (quoted === 'needed' && !needs) return cell === '' ? '' : padding + cell;
  return quote + padding + cell.replaceAll(quote, quote + quote) + quote;
}
