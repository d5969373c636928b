/** The rules that hold for every row of a CSV file, the first of which is the header. */
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from './fault.ts';
import { numberedNames } from './numbered-names.ts';

const BOUNDS = LIMITS.csv;

export type RecordCheck = (record: readonly string[], line: number) => void;

/**
 * Makes the check for one file. Call it with each record in turn and the number of the line on which the record ends.
 * Rows are counted from 1 after the header.
 * @param before how many columns the header has, and how many rows were checked by others
 * @param hasHeader whether the first record has the names
 * @throws ValidationError
 */
export function makeRecordCheck(before = { columns: -1, rows: 0 }, hasHeader = true): RecordCheck {
  let { columns, rows: row } = before;
  return (record, line) => {
    if (columns < 0) {
      expectHeader(hasHeader ? record : numberedNames(record.length));
      columns = record.length;
      if (hasHeader) return;
    }
    row++;
    if (row > BOUNDS.rows) throw fileFault(`must have at most ${BOUNDS.rows} rows; got more`);
    if (record.length !== columns) {
      throw fileFault(
        `row ${row} (line ${line}) must have ${columns} values, as many as the header; got ${record.length}`,
      );
    }
    for (const [column, cell] of record.entries()) {
      // A UTF-16 unit takes at most 3 bytes of UTF-8.
      if (cell.length * 3 > BOUNDS.cellBytes)
        expectCellBytes(Buffer.byteLength(cell), `row ${row} (line ${line})`, column);
    }
  };
}

/** @param where the row, for the message */
export function expectCellBytes(bytes: number, where: string, column: number): void {
  if (bytes <= BOUNDS.cellBytes) return;
  throw fileFault(`${where}, column ${column + 1} must be at most ${BOUNDS.cellBytes} bytes; got ${bytes}`);
}

/** Of a table to learn from; one without a target may have a single column. Throws `ValidationError`. */
export function expectFeatureAndTarget(names: readonly string[]): void {
  if (names.length > 1) return;
  throw fileFault(
    `must have between 2 and ${BOUNDS.columns} columns, a feature and the target at least; got ${names.length}: cells of CSV are separated by comma, semicolon, tab or |`,
  );
}

/** Of a file whose columns are looked up by their names. Throws `ValidationError`. */
export function expectDistinctNames(names: readonly string[]): void {
  const faults = new Faults();
  for (const [index, name] of names.entries()) {
    const earlier = names.indexOf(name);
    if (earlier < index && !faults.full)
      faults.add('file', `column names must differ; got ${shown(name)} for columns ${earlier + 1} and ${index + 1}`);
  }
  faults.throwIfAny();
}

/** The names of the columns, of whatever format, as they are in the file. Throws `ValidationError`. */
export function expectHeader(names: readonly string[]): void {
  if (names.length < 1 || names.length > BOUNDS.columns) {
    throw fileFault(`must have between 1 and ${BOUNDS.columns} columns; got ${names.length}`);
  }
  const faults = new Faults();
  for (const [index, name] of names.entries()) {
    if (faults.full) break;
    const at = `column ${index + 1} of the header`;
    if (name === '') faults.add('file', `${at} must have a name; got ""`);
    else if (name === '__proto__') {
      // Rows of a request are objects with the names of columns, and schemas of such objects leave it out.
      faults.add('file', `${at} must have another name: no row in JSON can have ${shown(name)}`);
    } else if (name.length > BOUNDS.columnNameCharacters) {
      faults.add(
        'file',
        `${at} must be a name of at most ${BOUNDS.columnNameCharacters} characters; got ${name.length}: ${shown(name)}`,
      );
    }
  }
  faults.throwIfAny();
}
