/** A dataset's file as values of a model's features, by the rules by which a training reads it. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { isMissing } from '../csv/missing.ts';
import { readCsv } from '../csv/read.ts';
import { parseBoolean, parseNumber, parseTimestamp } from '../profile/parse.ts';
import type { ServedFeature } from '../serving/description.ts';
import type { Cell } from '../serving/rows.ts';

export interface DatasetRows {
  /** The place of a column in a row; -1 if there is none of that name. */
  readonly placeOf: (name: string) => number;
  readonly rows: AsyncIterable<readonly string[]>;
  /** Converts the cells of the feature's column. */
  readonly readerOf: (feature: ServedFeature) => (cell: string) => Cell;
}

/** The file that the profile describes. Throws `ValidationError`, also while its rows are read. */
export async function readDataset(bytes: AsyncIterable<Uint8Array>, _profile: DatasetProfile): Promise<DatasetRows> {
  const { header, rows } = await readCsv(bytes);
  const names = header.map((name) => name.trim());
  return {
    placeOf: (name) => names.indexOf(name),
    rows,
    readerOf: ({ type }) => {
      const read = READERS[type];
      return (cell) => (isMissing(cell) ? null : read(cell));
    },
  };
}

/** What cannot be read stays text: the predictor says what is wrong with it. */
const READERS: Readonly<Record<ServedFeature['type'], (cell: string) => Cell>> = {
  number: (cell) => finite(parseNumber(cell), cell),
  timestamp: (cell) => finite(parseTimestamp(cell), cell),
  boolean: (cell) => parseBoolean(cell)?.value ?? cell,
  category: (cell) => cell,
};

const finite = (value: number, cell: string): Cell => (Number.isNaN(value) ? cell : value);
