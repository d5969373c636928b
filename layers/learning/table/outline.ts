import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { usableColumns } from './resident.ts';

/** The expected number of encoded values per row, from the profile. */
export function encodedWidth(profile: DatasetProfile): number {
  return usableColumns(profile).reduce(
    (sum, column) => sum + places[column.type](column) + Number(column.missing > 0),
    0,
  );
}

const places: Readonly<Record<ColumnProfile['type'], (column: ColumnProfile) => number>> = {
  number: () => 1,
  timestamp: () => 1,
  category: ({ distinct }) => distinct,
  boolean: () => 2,
  text: () => 0,
};
