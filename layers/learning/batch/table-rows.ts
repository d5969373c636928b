/** Each row of a table. */
import type { Source } from '../source.ts';
import { columnValues } from '../values/column-values.ts';
import type { BatchRow, BatchRows, RowsWanted } from './batch-row.ts';
import { CellCounts } from './cell-counts.ts';
import { readDataset } from './dataset.ts';

/** A piece has at most so many rows, and so many cells: rows may have thousands of features. */
export const PIECE = { rows: 1000, cells: 100_000 };

export async function tableRows(source: Source, { profile, serving, include }: RowsWanted): Promise<BatchRows> {
  const { rows, placeOf, readerOf } = await readDataset(source.bytes(), profile);
  const columns = serving.features.map((feature) => ({ at: placeOf(feature.name), ...readerOf(feature) }));
  const counts = new CellCounts(serving.features);
  // What the model's own data have as words for "no value" is no text for it, either.
  const isNoText = columnValues('category', serving.features[0]?.format).isMissing;
  const repeated = include.map(placeOf);

  async function* read(): AsyncGenerator<BatchRow, void, undefined> {
    let row = 0;
    for await (const record of rows) {
      const number = ++row;
      const input = columns.map(({ at, read: readCell, isMissing }, feature) => {
        const cell = record[at] ?? '';
        const value = readCell(cell);
        counts.add(feature, cell, value, number, isMissing);
        return value;
      });
      yield {
        // Where there is no text, there is nothing to predict; networks of tables know what to make of missing values.
        ...(serving.kind === 'text' && (input[0] === null || isNoText(String(input[0]))) ? {} : { input }),
        repeated: repeated.map((at) => record[at] ?? ''),
        placeOf: ([feature]) => placeIn(number, serving.features[feature ?? -1]?.name),
      };
    }
  }
  const piece = Math.max(1, Math.min(PIECE.rows, Math.floor(PIECE.cells / columns.length)));
  return { header: include, piece, rows: read(), warnings: () => counts.warnings };
}

export const placeIn = (row: number, feature: string | undefined): string =>
  `row ${row}${feature === undefined ? '' : `, ${feature}`}`;
