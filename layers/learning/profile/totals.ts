/** A last row that is the sum of the others, as spreadsheets have it. */
import { shown } from '../csv/fault.ts';
import type { Batch } from '../files/batch.ts';
import type { Place } from './candidate.ts';
import type { ColumnSummary } from './column.ts';
import type { Finding } from './warn.ts';

/** In the languages in which truth is written, too. */
const TOTAL =
  /^(?:(?:grand |sub)?totals?|sums?|summe|gesamt(?:summe|ergebnis)?|insgesamt|total général|somme|total general|suma|totale|somma|averages?|mean|mittelwert|durchschnitt|moyenne|media|合計|总计)[ :.]*$/i;

export interface LastCell extends Place {
  readonly column: number;
}

/** The first cell of the last row that says that it is a sum; `before` rows come before the batch. */
export function lastCell(batch: Batch, columns: number, before: number): LastCell | undefined {
  const row = batch.rows - 1;
  for (let column = 0; column < columns; column++) {
    const value = batch.text(row, column).trim();
    if (TOTAL.test(value)) return { row: before + batch.rows, value, column };
  }
  return undefined;
}

/** @param columns those of the table: a word that is in an earlier row as well is no sum */
export function totalsFinding(
  last: LastCell | undefined,
  columns: readonly Pick<ColumnSummary, 'counts' | 'name'>[],
): Finding[] {
  if (last === undefined) return [];
  const { counts, name } = columns[last.column]!;
  if ((counts.firstRow(last.value) ?? last.row) < last.row) return [];
  return [
    {
      code: 'totals_row',
      column: name,
      first: { row: last.row, value: last.value },
      rows: 1,
      message: `The last row has ${shown(last.value)}: it looks like a sum or a mean of the others`,
      cost: 'It is a row like any other. If it is a sum, take it away, and upload the file again',
      overrule: null,
    },
  ];
}
