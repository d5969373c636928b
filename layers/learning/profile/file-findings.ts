/** What there is to say about a file as a whole. */
import { FORMAT_NAMES, type StoredFormat } from '#domain/datasets/file-format.ts';
import { shown } from '../csv/fault.ts';
import type { Preamble } from '../csv/preamble.ts';
import type { RenamedColumn } from '../files/column-names.ts';
import { formatName, misnamed } from '../files/format.ts';
import { parseNumber } from '../values/number.ts';
import type { ColumnSummary } from './column.ts';
import { choose, type Finding } from './warn.ts';

export interface FileFacts extends StoredFormat {
  /** Of CSV and TSV. */
  readonly delimiter?: string | undefined;
  /** Another delimiter that fits as well. */
  readonly rival?: string | undefined;
  /** What stands before the header. */
  readonly preamble?: Preamble | undefined;
  readonly fileName?: string | undefined;
  /** False where the first row has no names; true where it was said that it has. */
  readonly header?: boolean | undefined;
  /** Columns whose names others have before them. */
  readonly renamed?: readonly RenamedColumn[];
}

export const fileFindings = (facts: FileFacts): Finding[] => [
  ...delimiterFinding(facts),
  ...preambleFinding(facts),
  ...nameFinding(facts),
];

function preambleFinding({ preamble }: FileFacts): Finding[] {
  if (preamble === undefined) return [];
  const { lines, first } = preamble;
  return [
    {
      code: 'lines_before_header',
      first: { value: first },
      rows: 0,
      message: `${lines === 1 ? '1 line before the header is' : `${lines} lines before the header are`} not read; ${lines === 1 ? 'it' : 'the first'} is ${shown(first)}`,
      cost: 'If one of them is the header, the columns have wrong names: then take the other lines away, and upload the file again',
      overrule: null,
    },
  ];
}

const NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': '|' };

function delimiterFinding({ delimiter, rival }: FileFacts): Finding[] {
  if (delimiter === undefined || rival === undefined) return [];
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

function nameFinding({ fileName, ...stored }: FileFacts): Finding[] {
  const said = fileName === undefined ? undefined : misnamed(fileName, stored);
  if (said === undefined) return [];
  return [
    {
      code: 'format_differs',
      first: { value: fileName! },
      rows: 0,
      message: `The file is called ${shown(fileName!)}, as ${FORMAT_NAMES[said]} is, and its content is ${formatName(stored)}: it was read as that`,
      cost: 'If another file was meant, the model learns from the wrong one',
      overrule: null,
    },
  ];
}

/** Of columns that have the name of another one. */
export const renamedFindings = (
  { renamed = [] }: Pick<FileFacts, 'renamed'>,
  columns: readonly ColumnSummary[],
  rows: number,
): Finding[] =>
  renamed.map(({ from, to }) => ({
    code: 'column_renamed',
    column: to,
    first: columns.find(({ name }) => name === to)?.first,
    rows,
    message: `A column before it is called ${shown(from)} as well; this one is called ${shown(to)}`,
    cost: 'A model knows it, and asks for it, by that name',
    overrule: choose(to, { role: 'ignore' }),
  }));

/**
 * A file without names has a row of values in their place: where a column has numbers, its name is one. What was said of the
 * first row is not questioned.
 */
export function headerFinding(
  { header, delimiter }: Pick<FileFacts, 'header' | 'delimiter'>,
  columns: readonly ColumnSummary[],
): Finding[] {
  const numeric = columns.filter(({ numbers }) => numbers.of('.').fits || numbers.of(',').fits);
  const names = numeric.map(({ name }) => numberIn(name));
  const [first] = numeric;
  if (header !== undefined || !first || names.some((name) => Number.isNaN(name)) || areNumbered(names)) return [];
  // Years are names, too.
  if (names.every((name, i) => isYear(name) && (i === 0 || name > names[i - 1]!))) return [];
  return [
    {
      code: 'header_like_row',
      column: first.name,
      first: { value: first.name },
      rows: 1,
      message: `The first row was taken for the names of the columns, and it looks like values: ${shown(first.name)} is the name of a column of numbers`,
      cost: 'That row is not learned from',
      // Rows of JSON may only be given names.
      overrule: delimiter === undefined ? null : { header: false },
    },
  ];
}

const numberIn = (name: string): number => {
  const number = parseNumber(name);
  return Number.isNaN(number) ? parseNumber(name, ',') : number;
};

const isYear = (name: number): boolean => Number.isInteger(name) && name >= 1000 && name <= 3000;

/** Such as 0, 1, 2, as pandas names the columns of an array. */
const areNumbered = (names: readonly number[]): boolean =>
  names.length > 2 && names.every((name, i) => Number.isInteger(name) && name - names[0]! === i);
