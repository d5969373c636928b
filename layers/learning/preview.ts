/** The first rows of a file as they are read, and what its columns are. */
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile, DatasetProfile, Task } from '#domain/datasets/profile.ts';
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { type ErrorDetail, ValidationError } from '#domain/errors.ts';
import { openOptions } from './csv/dialect.ts';
import { shortened } from './csv/fault.ts';
import { type Head, inspectCsvHead } from './csv/inspect.ts';
import { isArchive } from './files/archive.ts';
import { expectColumns } from './profile/expect.ts';
import { TableSummary } from './profile/table.ts';
import { chooseTarget } from './profile/target.ts';
import { roleOf } from './table/resident.ts';
import { columnValues, TRUTH_WORDS } from './values/column-values.ts';

/** Of one cell. */
const CELL_CHARACTERS = 1000;

export type PreviewCell = string | number | boolean | null;

export interface PreviewColumn {
  readonly name: string;
  readonly type: ColumnProfile['type'];
  readonly role: NonNullable<ColumnProfile['role']>;
}

export interface Preview {
  readonly delimiter: string;
  readonly quote: string;
  readonly columns: readonly PreviewColumn[];
  /** Times in RFC 3339; null is "no value". */
  readonly rows: readonly (readonly PreviewCell[])[];
  /** Whether these are all rows of the file. */
  readonly complete: boolean;
  readonly target: string;
  /** Absent where `problems` says why. */
  readonly task?: Task;
  readonly warnings: readonly DatasetWarning[];
  /** What stands against learning from these rows. */
  readonly problems: readonly ErrorDetail[];
}

export interface PreviewOptions {
  readonly parsing: ParsingOptions;
  readonly target?: string | undefined;
  readonly task: Task | 'auto';
  /** How many rows. */
  readonly rows: number;
}

/** The beginning of a file: its bytes, and whether they are all. */
export interface Beginning {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
}

/**
 * Checks what the beginning of a file shows: its structure, and the columns that were named.
 * @throws ValidationError with field `file`, `target` or `columns`
 */
export function inspectBeginning(
  { bytes, whole }: Beginning,
  { parsing, target }: Pick<PreviewOptions, 'parsing' | 'target'>,
): Head | undefined {
  if (isArchive(bytes)) return undefined;
  const head = inspectCsvHead(bytes, whole, openOptions(parsing));
  if (head === undefined) return undefined;
  expectColumns(head.header, parsing);
  chooseTarget(head.header, chosenTarget(parsing) ?? target);
  return head;
}

/**
 * How a file is read that nobody has profiled yet, by its beginning. The rest of the file may decide otherwise.
 * @throws ValidationError with field `file`, `target` or `columns`
 */
export function previewFile(beginning: Beginning, options: PreviewOptions): Preview {
  expectNoArchive(beginning);
  const { head, isCut } = cutOrWhole(beginning, options);
  if (head === undefined) throw ValidationError.of('file', 'must have a header within its first bytes; got none');
  const { header, rows, dialect, rival } = head;
  const { parsing, task } = options;
  const table = new TableSummary(header, { target: chosenTarget(parsing) ?? options.target, parsing });
  for (const row of rows) table.add(row);
  const shown = rows.slice(0, options.rows);
  const rest = { ...dialect, complete: beginning.whole && !isCut && rows.length === shown.length };
  try {
    const found = table.profile(task, { ...dialect, rival });
    return { ...rest, ...tableOf(found, header, shown), task: found.task, warnings: found.warnings, problems: [] };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const columns = table.columns(dialect.delimiter);
    return {
      ...rest,
      ...tableOf({ columns, target: table.target }, header, shown),
      warnings: [],
      problems: error.details,
    };
  }
}

function expectNoArchive({ bytes }: Beginning): void {
  if (isArchive(bytes)) {
    throw ValidationError.of(
      'file',
      'must be a table to have a preview; an archive is looked into once it is uploaded',
    );
  }
}

const NEWLINE = 10;

/** The caller may have sent the first part of a file, whose last row is cut. */
function cutOrWhole(beginning: Beginning, options: PreviewOptions): { head: Head | undefined; isCut: boolean } {
  try {
    return { head: inspectBeginning(beginning, options), isCut: false };
  } catch (error) {
    if (!beginning.whole || beginning.bytes.at(-1) === NEWLINE) throw error;
    const head = inspectBeginning({ ...beginning, whole: false }, options);
    if (head === undefined || head.rows.length === 0) throw error;
    return { head, isCut: true };
  }
}

/**
 * The first rows of a file as its profile says that they are read.
 * @throws ValidationError with field `file` if the bytes are not those of that file
 */
export function previewProfiled({ bytes, whole }: Beginning, profile: DatasetProfile, most: number): Preview {
  expectNoArchive({ bytes, whole });
  const { delimiter, quote, task } = profile;
  const head = inspectCsvHead(bytes, whole, { delimiter, quote });
  const rows = head?.rows.slice(0, most) ?? [];
  return {
    ...{ delimiter, quote, task, complete: rows.length === profile.rows },
    ...tableOf(profile, head?.header ?? [], rows),
    warnings: profile.warnings ?? [],
    problems: [],
  };
}

function tableOf(
  profile: Pick<DatasetProfile, 'columns' | 'target'>,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Pick<Preview, 'columns' | 'rows' | 'target'> {
  const places = profile.columns.map((column) => ({ at: header.indexOf(column.name), read: cellReader(column) }));
  return {
    target: profile.target,
    columns: profile.columns.map((column) => ({ name: column.name, type: column.type, role: roleOf(column, profile) })),
    rows: rows.map((row) => places.map(({ at, read }) => read(row[at] ?? ''))),
  };
}

function cellReader({ type, format }: ColumnProfile): (cell: string) => PreviewCell {
  if (type === 'text') return (cell) => shortened(cell.trim(), CELL_CHARACTERS) || null;
  const { number, word } = columnValues(type, format);
  const numeric = (show: (value: number) => PreviewCell) => (cell: string) => {
    const value = number(cell);
    return Number.isNaN(value) ? null : show(value);
  };
  if (type === 'number') return numeric((value) => value);
  if (type === 'timestamp') return numeric((value) => new Date(value).toISOString());
  if (type === 'boolean') return (cell) => ({ [TRUTH_WORDS[0]]: false, [TRUTH_WORDS[1]]: true })[word(cell)] ?? null;
  return (cell) => shortened(word(cell), CELL_CHARACTERS) || null;
}
