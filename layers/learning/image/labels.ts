/** Labels of images, which are read by the rules of a table's target. */
import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile, DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Batch } from '../files/batch.ts';
import { asCells } from '../files/cells.ts';
import { ColumnSummary } from '../profile/column.ts';
import { columnProfile } from '../profile/column-profile.ts';
import { ColumnReader } from '../profile/column-reader.ts';
import { conventionsOf, sayingOf } from '../profile/decide.ts';
import { expectColumns } from '../profile/expect.ts';
import { type JudgedTarget, judgeTarget } from '../profile/judge-target.ts';
import { TARGET_BOUNDS } from '../profile/target.ts';
import { cellRowsOf } from '../table/batch-rows.ts';
import type { Target } from '../table/columns.ts';
import { targetStore } from '../table/stores.ts';

export interface LabelsWanted {
  /** What the labels are called. */
  readonly target: string;
  readonly task: Task | 'auto';
  readonly parsing?: ParsingOptions | undefined;
}

export interface JudgedLabels extends JudgedTarget {
  readonly column: ColumnProfile;
}

/** @throws ValidationError with field `file`, `target`, `columns` or `dataset_type` */
export function judgeLabels(
  labels: readonly string[],
  { target: name, task, parsing = {} }: LabelsWanted,
): JudgedLabels {
  expectLabelColumn(name, task, parsing);
  const said = sayingOf(parsing, name);
  const reader = new ColumnReader(new ColumnSummary(name, TARGET_BOUNDS), said.missing);
  let before = 0;
  for (const cells of asCells(columnOf(labels), 1)) {
    reader.addCells(cells, 0, before);
    before += cells.rows;
  }
  const { summary } = reader;
  const conventions = conventionsOf([summary]);
  const judged = judgeTarget(summary, labels.length, { task, said, conventions, mayBeLists: false });
  return { ...judged, column: columnProfile({ summary, decided: judged.decided, role: 'target' }, judged) };
}

/** What is said of columns can only be about the labels, of which an image has one. */
function expectLabelColumn(name: string, task: Task | 'auto', parsing: ParsingOptions): void {
  if (task === 'multilabel')
    throw ValidationError.of('dataset_type', 'must be classification or regression for images; got multilabel');
  expectColumns([name], parsing);
  const { role = 'target', separator } = parsing.columns?.[name] ?? {};
  if (role !== 'target') throw ValidationError.of(`columns.${name}.role`, `must be target for images; got ${role}`);
  if (separator === undefined) return;
  throw ValidationError.of(
    `columns.${name}.separator`,
    `must be left out for images, of which each has one label; got ${separator}`,
  );
}

const columnOf = (cells: readonly string[]): Batch => ({ rows: cells.length, text: (row) => cells[row]! });

export interface LabelledRows {
  /** Of the images that have one. */
  readonly target: Target;
  /** The places of these images, ascending. */
  readonly places: Int32Array;
}

/** The labels as targets, by the profile of the same labels. */
export function targetOf(labels: readonly string[], profile: DatasetProfile): LabelledRows {
  const columns = profile.columns.map((column) => ({ format: AS_WRITTEN, ...column }));
  const store = targetStore({ ...profile, columns });
  let before = 0;
  const pieces = [...cellRowsOf(columnOf(labels), 1)].map((cells) => {
    const piece = { cells, before, rows: store.rowsOf(cells, 0).slice() };
    before += cells.rows;
    return piece;
  });
  const places = pieces.flatMap(({ rows, before: first }) => Array.from(rows, (row) => first + row));
  store.begin(places.length);
  let at = 0;
  for (const piece of pieces) {
    store.store({ ...piece, from: 0, to: piece.rows.length, at }, 0);
    at += piece.rows.length;
  }
  return { target: store.target(), places: Int32Array.from(places) };
}

/** Earlier builds took each label for a class as it is. */
const AS_WRITTEN = { words: 'text', missing: [] as string[] } as const;
