/** What a table says about its columns, and what is decided from it. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { ColumnRole, ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnProfile, DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { type ClassCount, classesOf } from './classes.ts';
import { ColumnSummary, MAX_CATEGORIES } from './column.ts';
import {
  type Conventions,
  canBeCategory,
  conventionsOf,
  type Decided,
  decide,
  type Saying,
  wordsOf,
} from './decide.ts';
import { distributionOf } from './distribution.ts';
import {
  classFindings,
  columnFindings,
  equalsTargetFinding,
  featureFindings,
  keptIdentifierFinding,
  leftOutFinding,
  targetRowsFinding,
} from './findings.ts';
import { isIdentifier } from './identifier.ts';
import { chooseTarget, listed, TARGET_BOUNDS, type TargetFacts, taskOf } from './target.ts';
import { type Finding, listWarnings } from './warn.ts';

const TOP_VALUES = 20;

/** @throws ValidationError, field `columns`, for columns that the file does not have */
export function expectColumns(header: readonly string[], { columns = {} }: ParsingOptions): void {
  const faults = new Faults();
  for (const name of Object.keys(columns)) {
    if (faults.full) break;
    if (!header.includes(name)) faults.add(`columns.${name}`, `must be one of the columns ${listed(header)}`);
  }
  const having = (...roles: ColumnRole[]) =>
    Object.keys(columns).filter((name) => roles.includes(columns[name]!.role ?? 'feature'));
  const [targets, orders] = [having('target'), having('group', 'time')];
  if (targets.length > 1) faults.add('columns', `must have at most 1 target; got ${targets.map(shown).join(', ')}`);
  if (orders.length > 1) {
    const got = orders.map((name) => `${columns[name]!.role} ${shown(name)}`).join(', ');
    faults.add('columns', `must have at most 1 group or time, by which the rows are split; got ${got}`);
  }
  faults.throwIfAny();
}

interface TableOptions {
  readonly target?: string | undefined;
  readonly parsing: ParsingOptions;
}

/** A column with what was decided about it. */
interface Column {
  readonly summary: ColumnSummary;
  readonly decided: Decided;
  role: ColumnRole;
}

export class TableSummary {
  readonly #columns: readonly ColumnSummary[];
  readonly #target: ColumnSummary;
  readonly #parsing: ParsingOptions;
  /** The columns that had the target's value in every row so far. */
  #twins: readonly number[];
  readonly #targetIndex: number;
  #rows = 0;

  constructor(header: readonly string[], { target, parsing }: TableOptions) {
    const { columns = {} } = parsing;
    const mayBe = (name: string) => [undefined, 'target'].includes(columns[name]?.role);
    this.#parsing = parsing;
    this.#targetIndex = chooseTarget(header, target, mayBe);
    this.#columns = header.map((name, i) => {
      const missing = columns[name]?.missing ?? parsing.missing;
      return new ColumnSummary(name, { missing, ...(i === this.#targetIndex ? { bounds: TARGET_BOUNDS } : {}) });
    });
    this.#target = this.#columns[this.#targetIndex]!;
    this.#twins = [...header.keys()].filter((i) => i !== this.#targetIndex);
  }

  /** Adds the next row. */
  add(record: readonly string[]): void {
    this.#rows++;
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i]!.add(record[i]!.trim(), this.#rows);
    if (this.#twins.length === 0) return;
    const label = record[this.#targetIndex]!;
    if (this.#twins.some((i) => record[i] !== label)) this.#twins = this.#twins.filter((i) => record[i] === label);
  }

  get target(): string {
    return this.#target.name;
  }

  /** What the columns are, whether or not a model could learn from them. */
  columns(delimiter: string): ColumnProfile[] {
    const conventions = conventionsOf(this.#columns, delimiter);
    return this.#columns.map((summary) => {
      const said = this.#said(summary.name);
      const decided = decide(summary, said, conventions);
      const role = said.role ?? (summary === this.#target ? 'target' : 'feature');
      return columnProfile({ summary, decided, role }, { classes: [], without: 0 });
    });
  }

  /** @throws ValidationError with field `file`, `target` or `columns` */
  profile(asked: Task | 'auto', dialect: { readonly delimiter: string; readonly rival?: string | undefined }) {
    const conventions = conventionsOf(this.#columns, dialect.delimiter);
    const target = this.#judgeTarget(asked, conventions);
    const found: Finding[] = [...delimiterFinding(dialect), ...target.found];
    const columns = this.#columns.map((summary): Column => this.#column(summary, conventions, target));
    const features = this.#features(columns, found);
    const byName = new Map(features.map((column) => [column.summary.name, column]));
    for (const column of columns) {
      const { summary, decided, role } = column;
      if (role === 'target') continue;
      if (byName.has(summary.name)) {
        found.push(...columnFindings(summary, decided), ...featureFindings(summary, decided));
        const i = this.#columns.indexOf(summary);
        if (this.#twins.includes(i)) found.push(equalsTargetFinding(summary, this.#target.name));
      }
    }
    const left = columns.filter(({ summary, role }) => role !== 'target' && !byName.has(summary.name));
    return {
      rows: this.#rows,
      columns: columns.map((column) => columnProfile(column, target)),
      features: features.map(({ summary }) => summary.name),
      left_out: left.map(({ summary: { name }, role }) => ({
        name,
        reason: role === 'feature' ? ('text' as const) : reasonOf(role),
      })),
      target: this.#target.name,
      task: target.task,
      ...(target.task === 'classification'
        ? { classes: target.classes.map(({ value, count }) => ({ value, count })) }
        : {}),
      rows_without_target: target.without,
      ...listWarnings(found),
    } satisfies Partial<DatasetProfile>;
  }

  #said(name: string): Saying {
    const { decimal: fileDecimal, missing, columns = {} } = this.#parsing;
    return { ...(missing === undefined ? {} : { missing }), ...columns[name], fileDecimal };
  }

  #column(summary: ColumnSummary, conventions: Conventions, target: JudgedTarget): Column {
    const said = this.#said(summary.name);
    if (summary === this.#target) return { summary, decided: target.decided, role: 'target' };
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
    const features = columns.filter(usable);
    for (const { summary, decided, role } of columns) {
      const chosen = this.#said(summary.name).type === 'text';
      if (role === 'feature' && decided.type === 'text' && !chosen)
        found.push(leftOutFinding(summary, decided, 'text'));
    }
    if (features.length > 0) return features;
    const others = columns.length - 1;
    throw fileFault(
      `must have at least 1 feature of numbers, categories, truth values or times; got ${others}, all text, empty or left out`,
    );
  }

  #judgeTarget(asked: Task | 'auto', conventions: Conventions): JudgedTarget {
    const summary = this.#target;
    const said = this.#said(summary.name);
    const numeric = decide(summary, { ...said, type: 'number' }, conventions);
    const numbers = numeric.values!;
    const words = said.type === 'category' || said.type === 'text' ? 'text' : wordsOf(summary, numbers);
    // Only an empty cell is surely no class.
    const format: ColumnFormat = { words, decimal: numeric.format.decimal, missing: [...(said.missing ?? [])] };
    const classes = classesOf(summary, format);
    const facts: TargetFacts = { summary, numbers, areNumbers: said.type === 'number' || words === 'number', classes };
    const task = taskOf(facts, asked);
    if (task === 'regression') {
      const without = this.#rows - numbers.readable;
      const first = earliest(summary.empty.first, summary.absent.first, numbers.firstUnreadable);
      const found = [
        ...columnFindings(summary, numeric).filter(
          ({ code }) => code !== 'missing_words' && code !== 'values_unreadable',
        ),
        ...(without > 0 ? [targetRowsFinding(summary, without, first, task)] : []),
      ];
      return { task, classes, without, decided: numeric, found };
    }
    const type = summary.isBoolean ? 'boolean' : words === 'number' ? 'number' : 'category';
    const counted = classes.reduce((sum, { count }) => sum + count, 0);
    const without = this.#rows - counted;
    const first = earliest(summary.empty.first, said.missing ? summary.absent.first : undefined);
    const found = [
      ...classFindings(summary, classes),
      ...(without > 0 ? [targetRowsFinding(summary, without, first, task)] : []),
    ];
    return {
      task,
      classes,
      without,
      decided: { type, format, ...(type === 'number' ? { values: numbers } : {}) },
      found,
    };
  }
}

interface JudgedTarget {
  readonly task: Task;
  readonly classes: readonly ClassCount[];
  /** Rows without a target. */
  readonly without: number;
  readonly decided: Decided;
  readonly found: readonly Finding[];
}

const earliest = (...places: readonly Finding['first'][]): Finding['first'] =>
  places.filter((place) => place !== undefined).toSorted((a, b) => a.row - b.row)[0];

const reasonOf = (role: ColumnRole) => (role === 'target' || role === 'feature' ? 'ignore' : role);

function columnProfile(
  { summary, decided: { type, format, values }, role }: Column,
  target: Pick<JudgedTarget, 'classes' | 'without'>,
): ColumnProfile {
  const { name, empty, absent, distinct, distinctEstimated: distinct_estimated } = summary;
  const unreadable = values?.unreadable ?? 0;
  const missing = role === 'target' ? target.without : empty.rows + absent.rows + unreadable;
  const head = { name, type, role, format, missing, unreadable, distinct, distinct_estimated };
  if (values) return { ...head, ...distributionOf(values) };
  const words = role === 'target' ? target.classes : classesOf(summary, { ...format, missing: format.missing });
  return { ...head, top_values: words.slice(0, TOP_VALUES).map(({ value, count }) => ({ value, count })) };
}

/** Throws `ValidationError` if a column cannot be what its owner says. */
function expectPossible(summary: ColumnSummary, said: Saying, { type, values }: Decided): void {
  if (said.role === 'time' && !values) {
    throw ValidationError.of(
      `columns.${summary.name}.role`,
      `must be that of a column of times or numbers; column ${shown(summary.name)} is ${type}`,
    );
  }
  if (said.type === undefined || summary.present === 0) return;
  const field = `columns.${summary.name}.type`;
  if (values && values.readable === 0) {
    const { value, row } = values.firstUnreadable!;
    throw ValidationError.of(
      field,
      `must fit the values; got ${type}, and ${shown(value)} in row ${row} is none, nor is any other value`,
    );
  }
  if (type === 'category' && !canBeCategory(summary)) {
    throw ValidationError.of(
      field,
      `must be a category of at most ${MAX_CATEGORIES} different values; column ${shown(summary.name)} has about ${summary.distinct}`,
    );
  }
  if (type === 'boolean' && !summary.isBoolean) {
    throw ValidationError.of(
      field,
      `must fit the values; got boolean, and they are not one pair of truth words such as yes and no`,
    );
  }
}

const NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': '|' };

function delimiterFinding({
  delimiter,
  rival,
}: {
  readonly delimiter: string;
  readonly rival?: string | undefined;
}): Finding[] {
  if (rival === undefined) return [];
  return [
    {
      code: 'delimiter_ambiguous',
      rows: 0,
      message: `Cells are separated by ${NAMES[delimiter]}; ${NAMES[rival]} would also give every row as many cells as the header`,
      cost: 'With the wrong one, columns are cut at the wrong places',
      overrule: { delimiter: rival },
    },
  ];
}
