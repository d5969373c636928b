/**
 * Each row of a table with the rows before it, which are the window of a series. Rows of one group are a series, as in a
 * training; without a column of groups all rows are one. The first rows of a series, which have no full window, and rows
 * without a group have no prediction. Only the windows are in memory, so each series has to be in the order of its times.
 */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { BatchRow, BatchRows, RowsWanted } from '../batch/batch-row.ts';
import { CellCounts } from '../batch/cell-counts.ts';
import { readDataset } from '../batch/dataset.ts';
import { PIECE, placeIn } from '../batch/table-rows.ts';
import { shown } from '../csv/fault.ts';
import type { Cell } from '../serving/input.ts';
import type { Source } from '../source.ts';
import { columnValues } from '../values/column-values.ts';
import { windowOf } from './encoding.ts';

/** Of all series together. */
const MOST_CELLS = 20_000_000;

interface Series {
  readonly window: { readonly number: number; readonly cells: readonly Cell[] }[];
  time: number;
}

export async function seriesBatch(source: Source, { profile, serving, include }: RowsWanted): Promise<BatchRows> {
  const { steps } = windowOf(serving);
  const { features } = serving;
  const { rows, placeOf, readerOf } = await readDataset(source.bytes(), profile);
  const columns = features.map((feature) => ({ at: placeOf(feature.name), ...readerOf(feature) }));
  const counts = new CellCounts(features);
  const repeated = include.map(placeOf);
  const groupAt = placeOf(nameOf(profile, 'group') ?? '');
  const time = timeOf(profile, placeOf);
  const mostSeries = Math.max(1, Math.floor(MOST_CELLS / (steps * features.length)));
  const all = new Map<string, Series>();

  /** `undefined`: it has no group, and so no rows before it. */
  function seriesOf(record: readonly string[]): Series | undefined {
    const name = groupAt < 0 ? '' : (record[groupAt] ?? '').trim();
    if (groupAt >= 0 && name === '') return undefined;
    const series = all.get(name) ?? { window: [], time: Number.NEGATIVE_INFINITY };
    all.set(name, series);
    if (all.size <= mostSeries) return series;
    throw ValidationError.of('dataset_id', `must have at most ${mostSeries} series of ${steps} rows; got more`);
  }

  async function* read(): AsyncGenerator<BatchRow, void, undefined> {
    let row = 0;
    for await (const record of rows) {
      const number = ++row;
      const known = seriesOf(record);
      const series = known ?? { window: [], time: Number.NEGATIVE_INFINITY };
      if (time) expectLater(series, record, number, time);
      const cells = columns.map(({ at, read: readCell, isMissing }, feature) => {
        const cell = record[at] ?? '';
        const value = readCell(cell);
        counts.add(feature, cell, value, number, isMissing);
        return value;
      });
      series.window.push({ number, cells });
      if (series.window.length > steps) series.window.shift();
      const window = [...series.window];
      yield {
        ...(known && window.length === steps ? { input: window.map(({ cells }) => cells) } : {}),
        repeated: repeated.map((at) => record[at] ?? ''),
        placeOf: ([step, feature]) =>
          placeIn(window[step ?? steps - 1]?.number ?? number, features[feature ?? -1]?.name),
      };
    }
  }
  const piece = Math.max(1, Math.min(PIECE.rows, Math.floor(PIECE.cells / (steps * columns.length))));
  return { header: include, piece, rows: read(), warnings: () => counts.warnings };
}

const nameOf = ({ columns }: DatasetProfile, role: 'group' | 'time'): string | undefined =>
  columns.find((column) => column.role === role)?.name;

interface Times {
  readonly name: string;
  readonly at: number;
  readonly read: (cell: string) => number;
}

function timeOf({ columns }: DatasetProfile, placeOf: (name: string) => number): Times | undefined {
  const column = columns.find(({ role }) => role === 'time');
  if (!column) return undefined;
  const { number } = columnValues(column.type === 'number' ? 'number' : 'timestamp', column.format);
  return { name: column.name, at: placeOf(column.name), read: number };
}

/** Throws `ValidationError` for a row that is before the one before it. */
function expectLater(series: Series, record: readonly string[], row: number, { name, at, read }: Times): void {
  const cell = record[at] ?? '';
  const time = read(cell);
  if (time < series.time) {
    throw ValidationError.of(
      `row ${row}, ${name}`,
      `must not be before the row before it of the same series: sort the file by its times; got ${shown(cell)}`,
    );
  }
  if (!Number.isNaN(time)) series.time = time;
}
