/** The first rows of a file as they are read, and what its columns are. */
import type { StoredFormat } from '#domain/datasets/file-format.ts';
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile, DatasetProfile, Task } from '#domain/datasets/profile.ts';
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { type ErrorDetail, ValidationError } from '#domain/errors.ts';
import { givenDialect } from './csv/dialect.ts';
import { shortened } from './csv/fault.ts';
import { HEAD_BYTES } from './csv/read.ts';
import { expectFeatureAndTarget } from './csv/record-check.ts';
import { firstRows } from './files/batch.ts';
import { type FileBytes, withBeginning } from './files/file-bytes.ts';
import { BEGINNING_BYTES, storedFormat } from './files/format.ts';
import { inspectHead, type TableHead } from './files/head.ts';
import { expectDirectory } from './image/directory.ts';
import { holdsImages, imageEntries } from './image/open.ts';
import { expectColumns, expectSeparators, type SaidColumns } from './profile/expect.ts';
import { labelColumns } from './profile/label-columns.ts';
import { TableSummary } from './profile/table.ts';
import { chooseTarget, mayBeTarget } from './profile/target.ts';
import type { Source } from './source.ts';
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

export interface Preview extends StoredFormat {
  /** Of CSV and TSV. */
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  /** False where the first row has no names. */
  readonly header?: false | undefined;
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
  readonly fileName?: string;
}

interface Beginning extends Pick<PreviewOptions, 'parsing' | 'target' | 'task'> {
  /** What is said anew of the columns. Default: all that is said of them. */
  readonly changed?: SaidColumns;
}

/**
 * Checks what the beginning of a file shows: its structure, and the columns that were named. Of images it is the ZIP's
 * directory, at its end.
 * @param isCut whether the file may have been cut off
 * @throws ValidationError with field `file`, `target`, `columns`, `delimiter` or `quote`
 */
export async function inspectBeginning(
  given: FileBytes,
  { parsing, target, task, changed = parsing }: Beginning,
  isCut = false,
): Promise<TableHead | undefined> {
  const file = withBeginning(given, HEAD_BYTES);
  const images = await imageEntries(await file.range(0, BEGINNING_BYTES), file, parsing.unlabelled ?? false);
  if (images) {
    const [field] = Object.keys(givenDialect(parsing));
    if (field !== undefined) throw ValidationError.of(field, 'must be left out for images; it is for CSV and TSV');
    await expectDirectory(images, { target, parsing, task });
    return undefined;
  }
  const head = await inspectHead(file, givenDialect(parsing), isCut);
  if (head === undefined) return undefined;
  expectColumns(head.header, parsing);
  if (!parsing.unlabelled) expectFeatureAndTarget(head.header);
  expectNoTarget(parsing, target);
  const named = chosenTarget(parsing) ?? target;
  const isOne = !parsing.unlabelled && labelColumns(parsing, named).length === 0;
  const index = isOne ? chooseTarget(head.header, named, mayBeTarget(parsing)) : -1;
  expectSeparators(changed, head.header[index]);
  return head;
}

/** @throws ValidationError where a target is named, and there is to be none */
function expectNoTarget(parsing: ParsingOptions, target: string | undefined): void {
  const named = chosenTarget(parsing) ?? target;
  if (!parsing.unlabelled || named === undefined) return;
  throw ValidationError.of('target', `must be left out where unlabelled is true; got ${JSON.stringify(named)}`);
}

/**
 * How a file is read that nobody has profiled yet, by its beginning. The rest of the file may decide otherwise.
 * @throws ValidationError with field `file`, `target`, `columns`, `delimiter` or `quote`
 */
export async function previewFile(given: FileBytes, options: PreviewOptions): Promise<Preview> {
  const file = withBeginning(given, HEAD_BYTES);
  await expectTable(file);
  const head = await cutOrWhole(file, options);
  if (head === undefined) throw ValidationError.of('file', 'must have a header within its first bytes; got none');
  const { header, renamed, batch, dialect, rival, preamble, whole, ...stored } = head;
  const { task, fileName } = options;
  const table = summaryOf(head, options);
  const shown = firstRows(batch, header.length, options.rows);
  const rest = { ...storedFormat(stored), ...dialect, complete: whole && batch.rows === shown.length };
  try {
    const found = table.profile(task, { ...stored, ...dialect, rival, preamble, renamed, fileName });
    const { task: decided, warnings } = found;
    const about = { ...(decided === undefined ? {} : { task: decided }), warnings, problems: [] };
    return { ...rest, ...tableOf(found, header, shown), ...about };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const columns = table.columns(dialect?.delimiter);
    return {
      ...rest,
      ...tableOf({ columns, target: table.target }, header, shown),
      warnings: [],
      problems: error.details,
    };
  }
}

function summaryOf({ header, batch }: TableHead, { parsing, target }: Pick<Beginning, 'parsing' | 'target'>) {
  const table = new TableSummary(header, { target: chosenTarget(parsing) ?? target, parsing });
  table.add(batch);
  return table;
}

/** Parquet may have many more columns in its first bytes than a text has cells. */
const MOST_CELLS = HEAD_BYTES;

/**
 * Checks a file of which the beginning is all, as reading it will.
 * @throws ValidationError with field `file`, `target`, `columns` or `dataset_type`
 */
export function expectReadable(head: TableHead, of: Pick<Beginning, 'parsing' | 'target' | 'task'>): void {
  const { batch, header, dialect, whole, ...stored } = head;
  if (!whole || batch.rows * header.length > MOST_CELLS) return;
  summaryOf(head, of).profile(of.task, { ...stored, ...dialect });
}

/** What shows whether it holds images; nothing is copied for that. */
const sourceOf = (file: FileBytes): Source => ({
  head: () => file.range(0, BEGINNING_BYTES),
  bytes: () => file,
  path: () => Promise.reject(new TypeError('a preview has no disk')),
});

async function expectTable(file: FileBytes): Promise<void> {
  if (await holdsImages(sourceOf(file))) {
    throw ValidationError.of(
      'file',
      'must be a table to have a preview; images are looked into once they are uploaded',
    );
  }
}

/** The caller may have sent the first part of a file, whose last row is cut. */
async function cutOrWhole(file: FileBytes, options: PreviewOptions): Promise<TableHead | undefined> {
  try {
    return await inspectBeginning(file, options);
  } catch (error) {
    if (await endsWithNewline(file)) throw error;
    const head = await inspectBeginning(file, options, true).catch(() => undefined);
    if (head === undefined || head.batch.rows === 0) throw error;
    return head;
  }
}

const NEWLINE = 10;

async function endsWithNewline(file: FileBytes): Promise<boolean> {
  const [last] = await file.range(file.size - 1, file.size);
  return last === NEWLINE;
}

/**
 * The first rows of a file as its profile says that they are read.
 * @throws ValidationError with field `file` if the bytes are not those of that file
 */
export async function previewProfiled(given: FileBytes, profile: DatasetProfile, most: number): Promise<Preview> {
  const file = withBeginning(given, HEAD_BYTES);
  await expectTable(file);
  const { delimiter, quote, task, header } = profile;
  const head = await inspectHead(file, givenDialect(profile));
  const rows = head === undefined ? [] : firstRows(head.batch, head.header.length, most);
  return {
    ...storedFormat(head ?? { format: profile.format ?? 'csv' }),
    ...(delimiter === undefined ? {} : { delimiter, quote }),
    ...(header === undefined ? {} : { header }),
    ...(task === undefined ? {} : { task }),
    complete: rows.length === profile.rows,
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
