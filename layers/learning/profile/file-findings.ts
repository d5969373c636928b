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

/** A file without names has a row of values in their place: where a column has numbers, its name is one. */
export function headerFinding(columns: readonly ColumnSummary[]): Finding[] {
  const numeric = columns.filter(({ numbers }) => numbers.of('.').fits);
  const [first] = numeric;
  // Years are names, too: then each column has one.
  if (!first || numeric.length === columns.length || numeric.some(({ name }) => Number.isNaN(parseNumber(name))))
    return [];
  return [
    {
      code: 'header_like_row',
      column: first.name,
      first: { value: first.name },
      rows: 1,
      message: `The first row was taken for the names of the columns, and it looks like values: ${shown(first.name)} is the name of a column of numbers`,
      cost: 'That row is not learned from. If the file has no names, write a line with them before it, and upload it again',
      overrule: null,
    },
  ];
}
