/** The delimiter and quote of a CSV file, detected from its beginning. */
import { isMissing } from '../values/missing.ts';
import { parseNumber } from '../values/number.ts';
import { parseTime } from '../values/time.ts';
import { type Preamble, preambleOf } from './preamble.ts';

export interface Dialect {
  readonly delimiter: string;
  /** `none` if no character is a quote. */
  readonly quote: string;
  /** False where the first row has values, and the columns have numbers for names. */
  readonly header?: false;
}

export interface DetectedDialect extends Dialect {
  /** What stands before the header, apart from the `sep=;` of a spreadsheet. */
  readonly preamble?: Preamble;
  /** Where the header begins: the line, from 1, and the character, from 0. */
  readonly headerLine: number;
  readonly headerStart: number;
  /** Another delimiter that gives every row as many fields as the first one. */
  readonly rival?: string;
}

/** In order of preference, for samples that fit more than one. */
const DELIMITERS = [',', ';', '\t', '|'] as const;
const APOSTROPHE = "'";

/** A first line that spreadsheets write to say what separates cells. */
const ANNOUNCEMENT = /^"?sep=([,;\t|])"?\r?\n/i;

const ENOUGH_ROWS = 200;

const [NEWLINE, RETURN] = [10, 13];

/** The dialect that was said, or with which a file was profiled: it is not detected. */
export const givenDialect = ({
  delimiter,
  quote,
  header,
}: {
  delimiter?: string | undefined;
  quote?: string | undefined;
  header?: boolean | undefined;
}): Partial<Dialect> => ({
  ...(delimiter === undefined ? {} : { delimiter }),
  ...(quote === undefined ? {} : { quote }),
  ...(header === false ? { header } : {}),
});

/**
 * Chooses the delimiter that splits the most rows into as many fields as the first row has, and into fields that look
 * like values: of `5,0;3,3` both marks make two fields, but only `;` makes two numbers. Among equals, the one with more
 * fields. The quote is the character that encloses fields, or `"` if none does.
 *
 * @param sample the beginning of the file
 * @param whole whether `sample` is the whole file; otherwise its last row may be cut off and does not count
 */
export function detectDialect(sample: string, whole: boolean, given: Partial<Dialect> = {}): DetectedDialect {
  const [announcement, announced] = ANNOUNCEMENT.exec(sample) ?? [];
  if (announcement !== undefined && announced !== undefined) {
    const rest = sample.slice(announcement.length);
    return after(
      { lines: 1, length: announcement.length },
      detectDialect(rest, whole, { delimiter: announced, ...given }),
    );
  }
  const delimiters = given.delimiter === undefined ? DELIMITERS : [given.delimiter];
  const preamble = preambleOf(sample, whole, delimiters);
  if (preamble) {
    const found = detectDialect(sample.slice(preamble.length), whole, given);
    const lines = preamble.lines + (found.preamble?.lines ?? 0);
    return { ...after(preamble, found), preamble: { ...preamble, lines } };
  }
  const candidates = delimiters
    .map((delimiter) => {
      const quote = given.quote ?? detectQuote(sample, whole, delimiter);
      const rows = splitRows(sample, whole, delimiter, quote);
      const { fields, agreeing } = consistency(rows);
      return {
        delimiter,
        quote,
        fields,
        agreeing,
        score: agreeing * (agreeing < 0 ? 1 : cleanliness(rows, delimiter)),
      };
    })
    .sort((a, b) => b.score - a.score || b.fields - a.fields);
  const [best, next] = candidates;
  const isRival = next !== undefined && next.agreeing === 1 && next.fields > 1;
  return {
    delimiter: best!.delimiter,
    quote: best!.quote,
    ...(given.header === false ? { header: given.header } : {}),
    headerLine: 1,
    headerStart: 0,
    ...(isRival ? { rival: next.delimiter } : {}),
  };
}

const after = ({ lines, length }: Pick<Preamble, 'lines' | 'length'>, found: DetectedDialect): DetectedDialect => ({
  ...found,
  headerLine: found.headerLine + lines,
  headerStart: found.headerStart + length,
});

/** An apostrophe is a quote only if each field that begins with one ends with one: many names begin with one. */
function detectQuote(sample: string, whole: boolean, delimiter: string): string {
  const fields = splitRows(sample, whole, delimiter, 'none').flat();
  if (fields.some((field) => field.startsWith('"'))) return '"';
  const opened = fields.filter((field) => field.startsWith(APOSTROPHE));
  const closed = opened.filter((field) => field.length > 1 && field.endsWith(APOSTROPHE));
  if (opened.length === 0) return '"';
  if (opened.length === closed.length) return APOSTROPHE;
  // A delimiter within quotes opens a field in one piece and closes it in another.
  const quoted = consistency(splitRows(sample, whole, delimiter, APOSTROPHE));
  const unquoted = consistency(splitRows(sample, whole, delimiter, 'none'));
  return quoted.agreeing === 1 && unquoted.agreeing < 1 ? APOSTROPHE : '"';
}

/** The fields of the first rows, without quotes and blanks around them. */
function splitRows(sample: string, whole: boolean, delimiter: string, quote: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let start = 0;
  let quoted = false;
  const endField = (end: number): void => void row.push(bare(sample.slice(start, end), quote));
  const endRow = (end: number): void => {
    endField(end);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  const [mark, enclosing] = [delimiter.charCodeAt(0), quote === 'none' ? -1 : quote.charCodeAt(0)];
  for (let i = 0; i < sample.length && rows.length < ENOUGH_ROWS; i++) {
    const code = sample.charCodeAt(i);
    if (code === enclosing) quoted = !quoted;
    if (quoted) continue;
    if (code === mark) endField(i);
    else if (code === NEWLINE || code === RETURN) endRow(i);
    else continue;
    start = i + 1;
  }
  if (rows.length < ENOUGH_ROWS && (whole || rows.length === 0)) endRow(sample.length);
  return rows;
}

function bare(field: string, quote: string): string {
  const text = field.trim();
  return text.length > 1 && text.startsWith(quote) && text.endsWith(quote) ? text.slice(1, -1).trim() : text;
}

/** `agreeing` is the share of rows with as many fields as the first row, or -1 if the first row has only one. */
function consistency(rows: readonly (readonly string[])[]): { fields: number; agreeing: number } {
  const fields = rows[0]?.length ?? 1;
  if (fields < 2) return { fields, agreeing: -1 };
  return { fields, agreeing: rows.filter((row) => row.length === fields).length / rows.length };
}

/** The share of fields that are values, or at least have no other delimiter in them; more than 0. */
function cleanliness(rows: readonly (readonly string[])[], delimiter: string): number {
  const others = DELIMITERS.filter((other) => other !== delimiter);
  const fields = rows.slice(1).flat();
  // Most have no other delimiter, which takes less time to see.
  const clean = fields.filter((field) => !others.some((other) => field.includes(other)) || isValue(field));
  return (clean.length + 1) / (fields.length + 1);
}

const isValue = (field: string): boolean =>
  isMissing(field) ||
  !Number.isNaN(parseNumber(field, '.')) ||
  !Number.isNaN(parseNumber(field, ',')) ||
  !Number.isNaN(parseTime(field, 'day_first'));
