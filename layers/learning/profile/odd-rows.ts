/** A row that has words where all others have numbers: units below the names, names that are repeated, or a second table. */
import { shown } from '../csv/fault.ts';
import type { ColumnSummary } from './column.ts';
import type { Decided } from './decide.ts';
import type { Finding } from './warn.ts';

interface Column {
  readonly summary: ColumnSummary;
  readonly decided: Decided;
}

/** With fewer columns of numbers, or more such cells in each, it may be any word. */
const LEAST_COLUMNS = 2;
const MOST_CELLS = 3;

export function oddRowFinding(columns: readonly Column[]): Finding[] {
  const numeric = columns.filter(
    ({ decided: { type, values } }) => values && (type === 'number' || type === 'timestamp'),
  );
  const odd = numeric.find(({ decided }) => decided.values!.firstUnreadable)?.decided.values?.firstUnreadable?.row;
  // Not every column has a unit.
  const isEmptyThere = ({ summary, decided }: Column) =>
    decided.values!.unreadable === 0 && summary.empty.first?.row === odd;
  const read = odd === undefined ? numeric : numeric.filter((column) => !isEmptyThere(column));
  const places = read.map(({ summary, decided }) => ({ name: summary.name, place: decided.values!.firstUnreadable }));
  const [first] = places;
  const row = first?.place?.row;
  const counts = new Set(read.map(({ decided }) => decided.values!.unreadable));
  const isOne = counts.size === 1 && [...counts].every((count) => count <= MOST_CELLS);
  if (row === undefined || !isOne || places.some(({ place }) => place?.row !== row)) return [];
  const isHeader = places.every(({ name, place }) => place!.value === name);
  if (!isHeader && places.length < LEAST_COLUMNS) return [];
  const what = isHeader
    ? 'repeats the names of the columns'
    : `has words where the other rows have numbers or times, in ${places.length} columns, as units or the names of another table are`;
  return [
    {
      code: 'row_of_words',
      column: first!.name,
      first: { row, value: first!.place!.value },
      rows: 1,
      message: `Row ${row} ${what}: ${places
        .slice(0, 3)
        .map(({ place }) => shown(place!.value))
        .join(', ')}`,
      cost: 'It is a row like any other: its numbers are missing, and its words are values. Take it away, and what follows if that is another table, and upload the file again',
      overrule: null,
    },
  ];
}
