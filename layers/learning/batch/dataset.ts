/** A dataset's file as values of a model's features, by the rules by which a training reads it. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { givenDialect } from '../csv/dialect.ts';
import { rowsOf } from '../files/batch.ts';
import { readTable } from '../files/open.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import type { ServedFeature } from '../serving/description.ts';
import type { Cell } from '../serving/input.ts';
import { columnValues } from '../values/column-values.ts';
import { parseNumber } from '../values/number.ts';

export interface DatasetRows {
  /** The place of a column in a row; -1 if there is none of that name. */
  readonly placeOf: (name: string) => number;
  readonly rows: AsyncIterable<readonly string[]>;
  /** Converts the cells of the feature's column. */
  readonly readerOf: (feature: ServedFeature) => CellReader;
}

export interface CellReader {
  readonly read: (cell: string) => Cell;
  /** Whether a cell is empty or has a word for "no value". */
  readonly isMissing: (cell: string) => boolean;
}

/** The file that the profile describes. Throws `ValidationError`, also while its rows are read. */
export async function readDataset(bytes: TableBytes, profile: DatasetProfile): Promise<DatasetRows> {
  const { columns } = profile;
  const { header, batches } = await readTable(bytes, { dialect: givenDialect(profile) });
  // Earlier builds kept blanks of names within quotes.
  const names = header.map((name) => name.trim());
  return {
    placeOf: (name) => names.indexOf(name.trim()),
    rows: rowsOf(batches, header.length),
    readerOf: (feature) =>
      readerOf(
        feature,
        columns.find(({ name }) => name.trim() === feature.name.trim()),
      ),
  };
}

type Format = ServedFeature['format'];

/** What the file leaves open is as in the model's data, as in a request, where the column can be read so. */
function formatOf(own: Format, models: Format): Format {
  const fits = <T extends string>(mark: T | undefined): mark is T => own?.open?.some((one) => one === mark) ?? false;
  return {
    ...own,
    ...(fits(models?.decimal) ? { decimal: models.decimal } : {}),
    ...(fits(models?.date_order) ? { date_order: models.date_order } : {}),
  };
}

/**
 * Where the column has the feature's type, its cells are read by its own format, and what cannot be read is missing, as in
 * a training. Otherwise text stays text: the model reads it by the format of its own data, or says that it cannot.
 */
function readerOf({ type, format }: ServedFeature, column: DatasetProfile['columns'][number] | undefined): CellReader {
  const { isMissing, number, word } = columnValues(type, formatOf(column?.format, format));
  const asText = (cell: string): Cell => (isMissing(cell) ? null : cell);
  // Categories that are numbers may be written with another decimal mark than the model's.
  const areNumbers = column?.type === 'number' || column?.format?.words === 'number';
  const reader = (read: CellReader['read']): CellReader => ({ read, isMissing });
  if (type === 'category' && format?.words === 'number' && areNumbers)
    return reader((cell) => {
      const text = asText(cell);
      const value = text === null ? Number.NaN : parseNumber(cell.trim(), column.format?.decimal);
      return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : text;
    });
  if (type === 'category' || type !== column?.type) return reader(asText);
  if (type === 'boolean') return reader((cell) => word(cell) || null);
  return reader((cell) => {
    const value = number(cell);
    return Number.isNaN(value) ? null : value;
  });
}
