/** What is said about a file's columns has to be possible. */
import type { ColumnRole, ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { ColumnType } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { shown } from '../csv/fault.ts';
import type { Place } from './candidate.ts';
import { type ColumnSummary, MAX_CATEGORIES } from './column.ts';
import { canBeCategory, type Decided, type Saying } from './decide.ts';
import { listed } from './target.ts';

/** What is said of columns, also in a change of it. */
export interface SaidColumns {
  readonly columns?: { readonly [name: string]: { readonly separator?: string | null } | null } | undefined;
}

/** @throws ValidationError, field `columns`, for columns that the file does not have */
export function expectColumns(header: readonly string[], { columns = {} }: ParsingOptions): void {
  const faults = new Faults();
  for (const name of Object.keys(columns)) {
    if (faults.full) break;
    if (!header.includes(name)) faults.add(`columns.${name}`, `must be one of the columns ${listed(header)}`);
  }
  const having = (role: ColumnRole) => Object.keys(columns).filter((name) => columns[name]!.role === role);
  for (const role of ['target', 'group', 'time'] as const) {
    const names = having(role);
    if (names.length > 1) faults.add('columns', `must have at most 1 ${role}; got ${names.map(shown).join(', ')}`);
  }
  faults.throwIfAny();
}

/**
 * @param target the name of the column that is it, if any is
 * @throws ValidationError for a separator of labels in a column that has none
 */
export function expectSeparators({ columns = {} }: SaidColumns, target: string | undefined): void {
  const faults = new Faults();
  for (const [name, said] of Object.entries(columns)) {
    if (faults.full) break;
    const separator = said?.separator ?? undefined;
    if (separator === undefined || name === target) continue;
    const is = target === undefined ? 'there is no target' : `the target is ${shown(target)}`;
    faults.add(
      `columns.${name}.separator`,
      `must be left out: only a target has labels to separate, and ${is}; got ${shown(separator)}`,
    );
  }
  faults.throwIfAny();
}

/** Throws `ValidationError` for an order of dates, or a decimal mark, by which the values of a column cannot be read. */
function expectWritten({ name, present, times, numbers }: ColumnSummary, said: Saying, type: ColumnType): void {
  if (present === 0 || said.type !== undefined || ['id', 'ignore'].includes(said.role ?? '')) return;
  const { date_order: order, decimal } = said;
  const fault = (field: string, got: string, what: string, { value, row }: Place) =>
    ValidationError.of(
      `columns.${name}.${field}`,
      `must fit the values: by ${got}, most of column ${shown(name)} are no ${what}, such as ${shown(value)} in row ${row}`,
    );
  if (order !== undefined && type !== 'timestamp')
    throw fault('date_order', order, 'dates', times.of(order).firstUnreadable ?? { value: '', row: 0 });
  const rival = decimal === ',' ? '.' : ',';
  const unread = decimal && numbers.of(decimal).firstUnreadable;
  if (unread && type !== 'number' && numbers.of(rival).fits) throw fault('decimal', decimal, 'numbers', unread);
}

/** Throws `ValidationError` if a column cannot be what its owner says. */
export function expectPossible(summary: ColumnSummary, said: Saying, { type, values }: Decided): void {
  if (said.role === 'time' && !values) {
    throw ValidationError.of(
      `columns.${summary.name}.role`,
      `must be that of a column of times or numbers; column ${shown(summary.name)} is ${type}`,
    );
  }
  expectWritten(summary, said, type);
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
