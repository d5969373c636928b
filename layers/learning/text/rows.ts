/** Reads labelled texts: JSON Lines with `text` and `label`, or a table with columns of these names. */
import type { TextFormat } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { checkedText, TextCheck } from '../csv/bytes.ts';
import type { Dialect } from '../csv/dialect.ts';
import { shortened, shown } from '../csv/fault.ts';
import { readCsv } from '../csv/read.ts';
import { expectDistinctNames } from '../csv/record-check.ts';
import { rowsOf } from '../files/batch.ts';
import { namesInFile } from '../files/column-names.ts';
import { formatName } from '../files/format.ts';
import { readTable } from '../files/open.ts';

export interface TextRow {
  /** Counted from 1: of JSON Lines the line, of CSV the row after the header. */
  readonly row: number;
  readonly text: string;
  readonly label: string;
  /** Where the text comes from, where the row says. */
  readonly source?: string;
}

/** As a file of texts was uploaded; or a dataset of the platform, in any format of a table, with what was said of it. */
export type TextSource = TextFormat | Partial<Dialect>;

type Cells = Readonly<Record<string, unknown>>;

/**
 * Of CSV, cells are as they are in the file but for blanks around them.
 * @throws ValidationError with fields such as `row 3`; from as many faults on as an error lists, it stops reading
 */
export async function* readTexts(bytes: AsyncIterable<Uint8Array>, source: TextSource): AsyncGenerator<TextRow> {
  const faults = new Faults();
  let rows = 0;
  for await (const { row, cells } of source === 'jsonl' ? jsonRows(bytes) : tableRows(bytes, source)) {
    rows++;
    const found = 'fault' in cells ? cells.fault : textOf(row, cells.given);
    if (typeof found !== 'string') yield found;
    else faults.add(`row ${row}`, found);
    if (faults.full) break;
  }
  faults.throwIfAny();
  if (rows === 0) throw ValidationError.of('file', 'must have at least 1 row; got 0');
}

interface Read {
  readonly row: number;
  readonly cells: { readonly given: Cells } | { readonly fault: string };
}

async function* tableRows(
  bytes: AsyncIterable<Uint8Array>,
  source: Exclude<TextSource, 'jsonl'>,
): AsyncGenerator<Read> {
  const { header, rows } = source === 'csv' ? await readCsv(bytes) : await wholeTable(bytes, source);
  expectDistinctNames(header);
  const missing = ['text', 'label'].filter((name) => !header.includes(name));
  if (missing.length > 0) {
    await rows.return(undefined);
    throw ValidationError.of('file', `must have the columns text and label; ${missing.join(' and ')} is missing`);
  }
  let row = 0;
  for await (const record of rows) {
    yield { row: ++row, cells: { given: Object.fromEntries(header.map((name, i) => [name, record[i]])) } };
  }
}

async function wholeTable(bytes: AsyncIterable<Uint8Array>, given: 'parquet' | Partial<Dialect>) {
  const { header, batches, renamed, ...of } = await readTable(bytes, { dialect: given === 'parquet' ? {} : given });
  if (given === 'parquet' && (of.format !== 'parquet' || of.compression !== undefined)) {
    await batches.return(undefined);
    throw ValidationError.of('file', `must be Parquet, as its name says; got ${formatName(of)}`);
  }
  return { header: namesInFile({ header, renamed }), rows: rowsOf(batches, header.length) };
}

async function* jsonRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Read> {
  let row = 0;
  for await (const line of linesOf(checkedText(bytes, new TextCheck('JSON Lines')))) {
    row++;
    if (line.trim() !== '') yield { row, cells: parse(line) };
  }
}

/** A text and the rest of its row, all characters escaped: a file of one endless line must not fill the memory. */
const LINE_BYTES = 6 * LIMITS.text.bytes + 65_536;
const NEWLINE = 10;

/** Not `node:readline`, which also ends a line at U+2028: JSON may have that within a string. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  let row = 1;
  const add = (part: Buffer): void => {
    length += part.length;
    if (length > LINE_BYTES) throw ValidationError.of(`row ${row}`, `must have at most ${LINE_BYTES} bytes; got more`);
    parts.push(part);
  };
  for await (const chunk of bytes) {
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
      add(chunk.subarray(at, end));
      yield Buffer.concat(parts).toString('utf8');
      [parts, length, at] = [[], 0, end + 1];
      row++;
    }
    add(chunk.subarray(at));
  }
  if (length > 0) yield Buffer.concat(parts).toString('utf8');
}

function parse(line: string): Read['cells'] {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { given: value as Cells };
  } catch {
    // Said below.
  }
  return { fault: `must be a JSON object with text and label; got ${shown(line)}` };
}

/** The row, or what is wrong with it. */
function textOf(row: number, { text, label, source }: Cells): TextRow | string {
  if (typeof text !== 'string' || text.trim() === '') {
    return `text must be a string that is not empty; got ${text === undefined ? 'nothing' : shown(String(text))}`;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.text.bytes) return `text must have at most ${LIMITS.text.bytes} bytes; got ${bytes}`;
  if (typeof label !== 'string' || label === '' || label.length > LIMITS.text.label) {
    const got = label === undefined ? 'nothing' : shown(String(label));
    return `label must be a string of 1 to ${LIMITS.text.label} characters; got ${got}`;
  }
  const given = typeof source === 'string' && source !== '' ? { source: shortened(source, LIMITS.text.label) } : {};
  return { row, text, label, ...given };
}
