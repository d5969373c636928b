/** Turns the rows of a request into the tensors that a model takes. */
import { type ErrorDetail, ValidationError } from '#domain/errors.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { shown } from '../csv/fault.ts';
import { isMissing } from '../csv/missing.ts';
import { parseBoolean, parseTimestamp } from '../profile/parse.ts';
import type { ServedFeature } from './description.ts';

/** One value of a row; `null` is missing. */
export type Cell = string | number | boolean | null;
/** Values in the order of the model's features, or by feature name. */
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;

/** The most faults that are reported to a request. */
export const MOST_FAULTS = 20;

const MOST_NAMES = 20;

/** How a feature type converts a cell; `undefined` if it cannot. */
interface Taking<T> {
  readonly expected: string;
  readonly take: (cell: Exclude<Cell, null>) => T | undefined;
}

const finite = (cell: Cell): number | undefined =>
  typeof cell === 'number' && Number.isFinite(cell) ? cell : undefined;

const numbers: Readonly<Record<'number' | 'timestamp', Taking<number>>> = {
  number: { expected: 'a number', take: finite },
  timestamp: {
    expected: 'a time (ISO 8601, or epoch milliseconds)',
    take: (cell) => {
      const time = typeof cell === 'string' ? parseTimestamp(cell.trim()) : Number.NaN;
      return Number.isNaN(time) ? finite(cell) : time;
    },
  },
};

const words: Readonly<Record<'category' | 'boolean', Taking<string>>> = {
  category: { expected: 'a string', take: (cell) => (typeof cell === 'string' ? present(cell) : undefined) },
  boolean: {
    expected: 'true or false',
    take: (cell) => {
      if (typeof cell === 'boolean') return String(cell);
      const truth = typeof cell === 'string' ? parseBoolean(cell.trim()) : undefined;
      return truth && String(truth.value);
    },
  },
};

/** A category that means "no value" in a file means the same here. */
function present(cell: string): string {
  const word = cell.trim();
  return isMissing(word) ? '' : word;
}

/**
 * Each feature's values, [rows, 1], by the name of its input.
 * @throws ValidationError with fields such as `inputs[3][2]`, what was expected and what was received
 */
export function rowTensors(features: readonly ServedFeature[], rows: readonly Row[]): Tensors {
  const faults: ErrorDetail[] = [];
  const cells = rows.map((row, i) => cellsOf(features, row, `inputs[${i}]`, faults));
  const columns = features.map((feature, j) => [
    feature.input,
    columnOf(feature, cells, (i) => fieldOf(rows[i]!, i, j, feature), j, faults),
  ]);
  if (faults.length > 0) throw new ValidationError(faults.slice(0, MOST_FAULTS));
  return Object.fromEntries(columns);
}

function cellsOf(
  features: readonly ServedFeature[],
  row: Row,
  field: string,
  faults: ErrorDetail[],
): readonly (Cell | undefined)[] {
  if (isList(row)) {
    if (row.length === features.length) return row;
    faults.push({ field, message: `must have ${features.length} values (${listed(features)}); got ${row.length}` });
    return [];
  }
  const known = new Set(features.map(({ name }) => name));
  for (const name of Object.keys(row)) {
    if (!known.has(name)) {
      faults.push({ field: `${field}.${name}`, message: `must be one of the features ${listed(features)}` });
    }
  }
  return features.map(({ name }) => {
    if (Object.hasOwn(row, name)) return row[name];
    faults.push({ field: `${field}.${name}`, message: 'must be given, null if it is missing; got nothing' });
    return undefined;
  });
}

/** Only the first names: a table may have 2,000, and a request as many faults. */
function listed(features: readonly ServedFeature[]): string {
  const names = features.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = features.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function columnOf(
  { name, type }: ServedFeature,
  cells: readonly (readonly (Cell | undefined)[])[],
  field: (row: number) => string,
  at: number,
  faults: ErrorDetail[],
): Tensor {
  const taken = <T>({ expected, take }: Taking<T>, missing: T): T[] =>
    cells.map((row, i) => {
      const cell = row[at];
      if (cell === undefined || cell === null) return missing;
      const value = take(cell);
      if (value !== undefined) return value;
      faults.push({
        field: field(i),
        message: `must be ${expected} for feature ${shown(name)}, or null; got ${typeof cell === 'string' ? shown(cell) : cell}`,
      });
      return missing;
    });
  const shape = [cells.length, 1];
  return type === 'number' || type === 'timestamp'
    ? tensor('float64', shape, Float64Array.from(taken(numbers[type], Number.NaN)))
    : tensor('string', shape, taken(words[type], ''));
}

const fieldOf = (row: Row, i: number, j: number, { name }: ServedFeature): string =>
  isList(row) ? `inputs[${i}][${j}]` : `inputs[${i}].${name}`;

const isList = (row: Row): row is readonly Cell[] => Array.isArray(row);
