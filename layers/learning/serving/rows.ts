/** Rows of a request as the tensors that a model takes. */
import { Faults } from '#domain/faults.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { shortened, shown } from '../csv/fault.ts';
import { columnValues } from '../values/column-values.ts';
import { parseNumber, unitOf } from '../values/number.ts';
import { isForeignUnit } from '../values/units.ts';
import type { ServedFeature } from './description.ts';
import { type Cell, type Input, type Nested, shapeOf } from './input.ts';

/** What a request has for the features of a row. */
type Cells = readonly (Nested[number] | undefined)[];

/** How many names of features a message lists, and how much of each: a table may have 2,000 long ones. */
const MOST_NAMES = 20;
const NAME_CHARACTERS = 40;

/** How a feature converts a cell; `undefined` if it cannot. */
interface Taking<T> {
  readonly expected: string;
  /** Whether a value may be missing. */
  readonly takesNull: boolean;
  readonly take: (cell: Exclude<Cell, null>) => T | undefined;
}

const EXPECTED: Readonly<Record<ServedFeature['type'], string>> = {
  number: 'a number',
  timestamp: 'a time (ISO 8601, or epoch milliseconds)',
  category: 'a string',
  boolean: 'true or false',
};

/** Text is read by the rules by which the file was read. A word that means "no value" there means the same here. */
function takingNumbers({ type, format, cast }: ServedFeature): Taking<number> {
  const { number, isMissing } = columnValues(type, format);
  const take = (cell: Exclude<Cell, null>): number | undefined => {
    if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
    if (typeof cell === 'boolean') return undefined;
    const value = number(cell.trim());
    if (!Number.isNaN(value) && isForeignUnit(unitOf(cell.trim()), format?.units)) return undefined;
    return Number.isNaN(value) && !isMissing(cell.trim()) ? epoch(type, cell) : value;
  };
  const { units = [] } = format ?? {};
  if (cast) return takingWhole(cast, take);
  const expected = units.length > 0 ? `${EXPECTED[type]} (in ${units.join(' or ')})` : EXPECTED[type];
  return { expected, takesNull: true, take };
}

/** What a number can be without becoming another one. */
const WHOLE = {
  int32: { least: -(2 ** 31), most: 2 ** 31 - 1, expected: 'a whole number of 32 bits' },
  int64: { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, expected: 'a whole number' },
  bool: { least: 0, most: 1, expected: 'true, false, 0 or 1' },
} as const;

function takingWhole(cast: NonNullable<ServedFeature['cast']>, take: Taking<number>['take']): Taking<number> {
  const { least, most, expected } = WHOLE[cast];
  return {
    expected,
    takesNull: false,
    take: (cell) => {
      const value = typeof cell === 'boolean' && cast === 'bool' ? Number(cell) : take(cell);
      return value !== undefined && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
    },
  };
}

/** Times may be given as epoch milliseconds, also as text. */
function epoch(type: ServedFeature['type'], cell: string): number | undefined {
  const value = type === 'timestamp' ? parseNumber(cell.trim()) : Number.NaN;
  return Number.isNaN(value) ? undefined : value;
}

function takingWords({ type, format }: ServedFeature): Taking<string> {
  const { word, isMissing } = columnValues(type, format);
  const take = (cell: Exclude<Cell, null>): string | undefined => {
    const text = typeof cell === 'number' ? written(cell, format) : String(cell).trim();
    return word(text) || (isMissing(text) ? '' : undefined);
  };
  return { expected: EXPECTED[type], takesNull: true, take };
}

/** A number of JSON as the file would have it. */
const written = (number: number, { words, decimal }: NonNullable<ServedFeature['format']> = {}): string =>
  words === 'number' && decimal === ',' ? String(number).replace('.', ',') : String(number);

/** Made once for each feature of a model that is loaded: small requests take hardly longer than making it. */
function madeOnce<T>(make: (feature: ServedFeature) => T): (feature: ServedFeature) => T {
  const made = new WeakMap<ServedFeature, T>();
  return (feature) => {
    const known = made.get(feature) ?? make(feature);
    made.set(feature, known);
    return known;
  };
}

/** How a feature of numbers takes what a request has. */
export const numbersOf = madeOnce(takingNumbers);
const wordsOf = madeOnce((feature) => remembering(takingWords(feature)));

/** So many words of a feature are remembered, and as long ones: most data have few. */
const MOST_WORDS = 1000;
const WORD_CHARACTERS = 100;

/** A word that was taken before need not be read again. */
function remembering({ take, ...rest }: Taking<string>): Taking<string> {
  const taken = new Map<string, string>();
  return {
    ...rest,
    take: (cell) => {
      if (typeof cell !== 'string' || cell.length > WORD_CHARACTERS) return take(cell);
      const known = taken.get(cell);
      if (known !== undefined) return known;
      const word = take(cell);
      if (taken.size >= MOST_WORDS) taken.clear();
      if (word !== undefined) taken.set(cell, word);
      return word;
    },
  };
}

/** A word of the feature's data in the form in which the model takes it; '' for "no value". */
export const wordOf = (feature: ServedFeature, word: Exclude<Cell, null>): string => wordsOf(feature).take(word) ?? '';

/**
 * Each feature's values [rows, 1] by the name of its input.
 * @param placeOf the field of a row. Default: `inputs[3]`
 * @throws ValidationError with fields such as `inputs[3][2]`, what was expected and what came; what comes after as many
 * faults as an error lists is not looked at
 */
export function rowTensors(
  features: readonly ServedFeature[],
  rows: readonly Input[],
  placeOf: (row: number) => string = (row) => `inputs[${row}]`,
): Tensors {
  return tensorsOfGood(features, rows) ?? tensorsOrFaults(features, rows, placeOf);
}

/** Without a message at hand for each cell, which takes longer than to read it; `undefined` where a row is not good. */
function tensorsOfGood(features: readonly ServedFeature[], rows: readonly Input[]): Tensors | undefined {
  for (const row of rows) {
    if (typeof row === 'string') return undefined;
    if ((isList(row) ? row : Object.keys(row)).length !== features.length) return undefined;
  }
  const columns: [string, Tensor][] = [];
  for (let j = 0; j < features.length; j++) {
    const feature = features[j]!;
    const shape = [rows.length, 1];
    if (isNumeric(feature)) {
      const data = new Float64Array(rows.length);
      if (!fill(data, rows, j, feature, numbersOf(feature), Number.NaN)) return undefined;
      columns.push([feature.input, { dtype: 'float64', shape, data }]);
    } else {
      const data = new Array<string>(rows.length);
      if (!fill(data, rows, j, feature, wordsOf(feature), '')) return undefined;
      columns.push([feature.input, { dtype: 'string', shape, data }]);
    }
  }
  return Object.fromEntries(columns);
}

/** False where a cell cannot be taken. */
function fill<T>(
  into: { [row: number]: T },
  rows: readonly Input[],
  j: number,
  { name }: ServedFeature,
  { take, takesNull }: Taking<T>,
  missing: T,
): boolean {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Exclude<Input, string>;
    const cell = isList(row) ? row[j] : Object.hasOwn(row, name) ? row[name] : undefined;
    if (cell === undefined || (typeof cell === 'object' && cell !== null)) return false;
    const value = cell !== null ? take(cell) : takesNull ? missing : undefined;
    if (value === undefined) return false;
    into[i] = value;
  }
  return true;
}

const isNumeric = ({ type }: ServedFeature): boolean => type === 'number' || type === 'timestamp';

function tensorsOrFaults(
  features: readonly ServedFeature[],
  rows: readonly Input[],
  placeOf: (row: number) => string,
): Tensors {
  const faults = new Faults();
  const known = new Set(features.map(({ name }) => name));
  const cells: Cells[] = [];
  for (const [i, row] of rows.entries()) {
    if (faults.full) break;
    cells.push(cellsOf(features, known, row, placeOf(i), faults));
  }
  const columns: [string, Tensor][] = [];
  for (const [j, feature] of features.entries()) {
    if (faults.full) break;
    const field = (i: number) => fieldOf(rows[i]!, placeOf(i), j, feature);
    columns.push([feature.input, columnOf(feature, cells, field, j, faults)]);
  }
  faults.throwIfAny();
  return Object.fromEntries(columns);
}

function cellsOf(
  features: readonly ServedFeature[],
  known: ReadonlySet<string>,
  row: Input,
  field: string,
  faults: Faults,
): Cells {
  if (isList(row) && row.length === features.length) return row;
  if (typeof row === 'string') {
    faults.add(field, `must be an array or an object; got ${shown(row)}`);
    return [];
  }
  if (isList(row) && Array.isArray(row[0])) {
    const shape = shapeOf(row).join(', ');
    faults.add(field, `must be one row of ${features.length} values (${listed(features)}); got an array [${shape}]`);
    return [];
  }
  if (isList(row)) {
    faults.add(field, `must have ${features.length} values (${listed(features)}); got ${row.length}`);
    return [];
  }
  for (const name of Object.keys(row)) {
    if (faults.full) return [];
    if (!known.has(name)) faults.add(`${field}.${name}`, `must be one of the features ${listed(features)}`);
  }
  const cells: Cells[number][] = [];
  for (const { name } of features) {
    if (faults.full) break;
    const isGiven = Object.hasOwn(row, name);
    if (!isGiven) faults.add(`${field}.${name}`, 'must be given, null if it is missing; got nothing');
    cells.push(isGiven ? row[name] : undefined);
  }
  return cells;
}

function listed(features: readonly ServedFeature[]): string {
  const names = features.slice(0, MOST_NAMES).map(({ name }) => shortened(name, NAME_CHARACTERS));
  const more = features.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function columnOf(
  feature: ServedFeature,
  cells: readonly Cells[],
  field: (row: number) => string,
  at: number,
  faults: Faults,
): Tensor {
  const { name } = feature;
  const taken = <T>({ expected, take, takesNull }: Taking<T>, missing: T): T[] =>
    cells.map((row, i) => {
      if (faults.full) return missing;
      const cell = row[at];
      if (cell === undefined || (cell === null && takesNull)) return missing;
      const value = typeof cell === 'object' ? undefined : take(cell);
      if (value !== undefined) return value;
      const got = typeof cell === 'string' ? shown(cell) : shortened(JSON.stringify(cell), NAME_CHARACTERS);
      faults.add(field(i), `must be ${expected} for feature ${shown(name)}${takesNull ? ', or null' : ''}; got ${got}`);
      return missing;
    });
  const shape = [cells.length, 1];
  return isNumeric(feature)
    ? tensor('float64', shape, Float64Array.from(taken(numbersOf(feature), Number.NaN)))
    : tensor('string', shape, taken(wordsOf(feature), ''));
}

const fieldOf = (row: Input, place: string, j: number, { name }: ServedFeature): string =>
  isList(row) ? `${place}[${j}]` : `${place}.${name}`;

const isList = (row: Input): row is Nested => Array.isArray(row);
