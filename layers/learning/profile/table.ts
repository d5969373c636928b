/** What a table says about its columns, and what is decided from it. */
import type { ColumnRole, ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile, DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Recording } from '../columns/recording.ts';
import { fileFault } from '../csv/fault.ts';
import { expectFeatureAndTarget } from '../csv/record-check.ts';
import type { Batch } from '../files/batch.ts';
import { asCells, type Cells } from '../files/cells.ts';
import { type PackedColumn, streamed } from '../files/parquet-chunk.ts';
import type { RowGroup } from '../files/parquet-group.ts';
import { type ColumnState, ColumnSummary } from './column.ts';
import { type Column, columnProfile } from './column-profile.ts';
import { ColumnReader } from './column-reader.ts';
import type { ColumnSetup } from './column-worker.ts';
import type { CountBounds } from './counts.ts';
import { type Conventions, conventionsOf, decide, type Saying, sayingOf } from './decide.ts';
import { expectPossible } from './expect.ts';
import { type FileFacts, fileFindings, headerFinding, renamedFindings } from './file-findings.ts';
import {
  columnFindings,
  determinesTargetFinding,
  equalsTargetFinding,
  featureFindings,
  groupFindings,
  keptIdentifierFinding,
  leftOutFinding,
} from './findings.ts';
import { isIdentifier } from './identifier.ts';
import { type JudgedTarget, judgeTarget } from './judge-target.ts';
import { judgeLabelColumns, labelColumns, labelsName } from './label-columns.ts';
import { Leaks, type LeaksState } from './leaks.ts';
import { oddRowFinding } from './odd-rows.ts';
import { addParquet } from './parquet-cells.ts';
import { chooseTarget, mayBeTarget, TARGET_BOUNDS } from './target.ts';
import { type LastCell, lastCell, totalsFinding } from './totals.ts';
import { variantFindings } from './variants.ts';
import { type Finding, listWarnings } from './warn.ts';
import { wordFindings } from './word-findings.ts';

/** Of a row group, that are compared first. */
const FIRST_ROWS = 256;

interface TableOptions {
  readonly target?: string | undefined;
  readonly parsing: ParsingOptions;
}

/** Everything that was found so far: with it, reading goes on elsewhere. */
export interface TableState {
  readonly columns: readonly ColumnState[];
  readonly twins: readonly number[];
  readonly leaks: LeaksState;
  readonly rows: number;
  readonly last: LastCell | undefined;
}

export class TableSummary {
  readonly #readers: readonly ColumnReader[];
  readonly #columns: readonly ColumnSummary[];
  /** Absent where the data are only to be predicted, and where the target is several columns. */
  readonly #target: ColumnSummary | undefined;
  /** The columns that are the target together, each a label. */
  readonly #labels: readonly ColumnSummary[];
  readonly #parsing: ParsingOptions;
  /** The columns that had the target's value in every row so far. */
  #twins: readonly number[];
  readonly #leaks: Leaks;
  readonly #targetIndex: number;
  #rows = 0;
  /** Records what this thread reads, where that is wanted. */
  recording: Recording | undefined;
  /** The first cell of the last row; not of Parquet, into which nobody writes sums. */
  #last: LastCell | undefined;

  constructor(header: readonly string[], { target, parsing }: TableOptions) {
    const { columns = {} } = parsing;
    this.#parsing = parsing;
    if (!parsing.unlabelled) expectFeatureAndTarget(header);
    const labels = labelColumns(parsing, target);
    const hasOne = !parsing.unlabelled && labels.length === 0;
    this.#targetIndex = hasOne ? chooseTarget(header, target, mayBeTarget(parsing)) : NO_COLUMN;
    this.#readers = header.map((name, i) => {
      const missing = columns[name]?.missing ?? parsing.missing;
      return new ColumnReader(new ColumnSummary(name, this.#boundsOf(i)), missing);
    });
    this.#columns = this.#readers.map(({ summary }) => summary);
    this.#target = this.#columns[this.#targetIndex];
    this.#labels = this.#columns.filter(({ name }) => labels.includes(name));
    this.#leaks = new Leaks(this.#target ? header.length : 0, this.#targetIndex);
    this.#twins = this.#target ? [...header.keys()].filter((i) => i !== this.#targetIndex) : [];
  }

  restore({ columns, twins, leaks, rows, last }: TableState): void {
    for (const [i, reader] of this.#readers.entries()) reader.restore(columns[i]!);
    this.#twins = twins;
    this.#leaks.restore(leaks);
    this.#rows = rows;
    this.#last = last;
  }

  get state(): TableState {
    const columns = this.#columns.map(({ state }) => state);
    return { columns, twins: this.#twins, leaks: this.#leaks.state, rows: this.#rows, last: this.#last };
  }

  get rows(): number {
    return this.#rows;
  }

  /** How many columns there are. */
  get width(): number {
    return this.#columns.length;
  }

  /** What another thread needs to read the columns on. */
  get setups(): ColumnSetup[] {
    return this.#readers.map(({ summary: { name, state }, missing }, i) => ({
      ...{ name, missing, state },
      ...{ bounds: this.#boundsOf(i), said: this.#said(name), groupRows: this.recording?.groupRows },
    }));
  }

  /** Takes over what other threads have read. */
  restoreColumns(states: ReadonlyMap<number, ColumnState>): void {
    for (const [column, state] of states) this.#readers[column]!.restore(state);
  }

  #boundsOf(column: number): CountBounds | undefined {
    return column === this.#targetIndex ? TARGET_BOUNDS : undefined;
  }

  /** Adds the next rows. */
  add(batch: Batch): void {
    for (const cells of asCells(batch, this.#columns.length)) this.addCells(cells);
  }

  /** @param columns those that no other thread reads. Default: all */
  addCells(cells: Cells, columns: Iterable<number> = this.#readers.keys()): void {
    for (const column of columns) {
      const reader = this.#readers[column]!;
      reader.addCells(cells, column, this.#rows);
      const { name } = reader.summary;
      this.recording?.begin(reader, { column, said: this.#said(name), isTarget: column === this.#targetIndex }, cells);
    }
    this.#compare(cells, 0);
    this.#last = lastCell(cells, this.#columns.length, this.#rows);
    this.#rows += cells.rows;
  }

  /** Adds a column of a row group, which `endGroup` ends. */
  addColumn(packed: PackedColumn, column: number): void {
    addParquet(this.#readers[column]!, streamed(packed), this.#rows);
  }

  /** Compares the columns of a row group with the target, before `endGroup`. */
  async compareGroup(group: RowGroup): Promise<void> {
    if (!this.#isComparing) return;
    // Few columns equal the target for long, and the others need not be read for that.
    const first = await group.first(FIRST_ROWS);
    this.#compare(first, 0);
    if (this.#isComparing && first.rows < group.rows) this.#compare(await group.whole(), first.rows);
  }

  /** All columns of the group were added, here or by other threads. */
  endGroup({ rows }: RowGroup): void {
    this.#rows += rows;
  }

  get #isComparing(): boolean {
    return this.#leaks.isOpen || this.#twins.length > 0;
  }

  /** Compares columns with the target in the rows of a batch from one on. */
  #compare(batch: Batch, from: number): void {
    for (let row = from; row < batch.rows && this.#isComparing; row++) {
      this.#leaks.add((column) => batch.text(row, column), this.#rows + row + 1);
      if (this.#twins.length === 0) continue;
      const label = batch.text(row, this.#targetIndex);
      this.#twins = this.#twins.filter((i) => batch.text(row, i) === label);
    }
  }

  get target(): string {
    return this.#target?.name ?? labelsName(this.#labels.map(({ name }) => name));
  }

  /** What the columns are, whether or not a model could learn from them. */
  columns(delimiter: string | undefined): ColumnProfile[] {
    const conventions = conventionsOf(this.#columns, delimiter);
    return this.#columns.map((summary) => {
      const said = this.#said(summary.name);
      const decided = decide(summary, said, conventions);
      const role = said.role ?? (summary === this.#target ? 'target' : 'feature');
      return columnProfile({ summary, decided, role }, NO_TARGET);
    });
  }

  /** @throws ValidationError with field `file`, `target` or `columns` */
  profile(asked: Task | 'auto', file: FileFacts) {
    const conventions = conventionsOf(this.#columns, file.delimiter);
    const target = this.#target
      ? this.#judged(this.#target, asked, conventions)
      : this.#judgedLabels(asked, conventions);
    const found: Finding[] = [
      ...fileFindings(file),
      ...headerFinding({ ...file, header: file.header ?? this.#parsing.header }, this.#columns),
      ...renamedFindings(file, this.#columns, this.#rows),
      ...totalsFinding(this.#last, this.#columns),
      ...(target?.found ?? []),
    ];
    const columns = this.#columns.map((summary): Column => this.#column(summary, conventions, target));
    for (const { summary, role } of columns) if (role === 'group') found.push(...groupFindings(summary));
    const features = this.#features(columns, found);
    found.push(...oddRowFinding(columns));
    const twins = new Set(this.#twins.map((i) => this.#columns[i]));
    const leaks = new Map(this.#leaks.found.map((leak) => [this.#columns[leak.column], leak]));
    for (const { summary, decided } of features) {
      found.push(...columnFindings(summary, decided), ...featureFindings(summary, decided));
      found.push(...variantFindings(summary, decided), ...wordFindings(summary, decided, this.#said(summary.name)));
      const leak = leaks.get(summary);
      if (twins.has(summary)) found.push(equalsTargetFinding(summary, this.target));
      else if (leak && (leak.kind === 'code' || target?.task === 'regression')) {
        found.push(determinesTargetFinding(summary, this.target, leak));
      }
    }
    const used = new Set(features);
    const left = columns.filter((column) => !['target', 'label'].includes(column.role) && !used.has(column));
    return {
      ...(features.some(({ decided }) => decided.type === 'text') ? { kind: 'text' as const } : {}),
      rows: this.#rows,
      columns: columns.map((column) => columnProfile(column, target ?? NO_TARGET)),
      features: features.map(({ summary }) => summary.name),
      left_out: left.map(({ summary: { name }, role }) => ({
        name,
        reason: role === 'feature' ? ('text' as const) : reasonOf(role),
      })),
      target: this.target,
      ...(target === undefined ? {} : { task: target.task }),
      ...(target !== undefined && target.task !== 'regression'
        ? { classes: target.classes.map(({ value, count }) => ({ value, count })) }
        : {}),
      rows_without_target: target?.without ?? this.#rows,
      ...listWarnings(found),
    } satisfies Partial<DatasetProfile>;
  }

  #judged(summary: ColumnSummary, task: Task | 'auto', conventions: Conventions): JudgedTarget {
    return judgeTarget(summary, this.#rows, { task, said: this.#said(summary.name), conventions });
  }

  #judgedLabels(task: Task | 'auto', conventions: Conventions): TargetFound | undefined {
    if (this.#labels.length === 0) return undefined;
    if (task !== 'auto' && task !== 'multilabel')
      throw ValidationError.of(
        'dataset_type',
        `must be multilabel or auto where columns have the role label; got ${task}`,
      );
    const columns = this.#labels.map((summary) => ({
      summary,
      decided: decide(summary, this.#said(summary.name), conventions),
    }));
    return judgeLabelColumns(columns, this.#rows);
  }

  #said(name: string): Saying {
    return sayingOf(this.#parsing, name);
  }

  #column(summary: ColumnSummary, conventions: Conventions, target: TargetFound | undefined): Column {
    const said = this.#said(summary.name);
    if (target?.decided && summary === this.#target) return { summary, decided: target.decided, role: 'target' };
    const decided = decide(summary, said, conventions);
    expectPossible(summary, said, decided);
    const isId = said.role === undefined && isIdentifier(summary);
    return { summary, decided, role: said.role ?? (isId ? 'id' : 'feature') };
  }

  /** The columns to learn from. An identifier that was not chosen as one is among them only if there are no others. */
  #features(columns: readonly Column[], found: Finding[]): Column[] {
    const usable = (column: Column) => column.role === 'feature' && column.decided.type !== 'text';
    const guessed = columns.filter(({ summary, role }) => role === 'id' && this.#said(summary.name).role === undefined);
    if (!columns.some(usable)) {
      for (const column of guessed) if (column.decided.type !== 'text') column.role = 'feature';
    }
    for (const column of guessed) {
      found.push(
        column.role === 'id'
          ? leftOutFinding(column.summary, column.decided, 'id')
          : keptIdentifierFinding(column.summary),
      );
    }
    const numeric = columns.filter(usable);
    const isText = ({ summary, role, decided }: Column) =>
      role === 'feature' && decided.type === 'text' && summary.present > 0;
    const texts = columns.filter(isText);
    // What learns from texts learns from one column.
    const features = numeric.length === 0 && texts.length === 1 ? texts : numeric;
    for (const { summary, decided, role } of columns) {
      const chosen = this.#said(summary.name).type === 'text';
      if (role === 'feature' && decided.type === 'text' && !chosen && features !== texts)
        found.push(leftOutFinding(summary, decided, 'text'));
    }
    const targets = this.#target ? 1 : this.#labels.length;
    if (features.length > 0 || targets === 0) return features;
    const others = columns.length - targets;
    throw fileFault(
      `must have at least 1 feature of numbers, categories, truth values or times, or 1 of text; got ${others}, all text, empty or left out`,
    );
  }
}

/** Where there is no target. */
const NO_COLUMN = -1;
const NO_TARGET = { classes: [], without: 0 };

/** A target of several columns has no format of its own. */
type TargetFound = Omit<JudgedTarget, 'decided'> & Partial<Pick<JudgedTarget, 'decided'>>;

const reasonOf = (role: ColumnRole) => (role === 'target' || role === 'label' || role === 'feature' ? 'ignore' : role);
