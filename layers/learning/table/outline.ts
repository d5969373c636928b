import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { usableColumns } from './resident.ts';

/**
 * The expected number of encoded values per row, from the profile.
 * @param embedAbove a category with more values is one code
 */
export function encodedWidth(profile: DatasetProfile, embedAbove = Number.POSITIVE_INFINITY): number {
  return usableColumns(profile).reduce((sum, column) => {
    const isEmbedded = column.type === 'category' && column.distinct > embedAbove;
    return sum + (isEmbedded ? 1 : places[column.type](column) + Number(column.missing > 0));
  }, 0);
}

const places: Readonly<Record<ColumnProfile['type'], (column: ColumnProfile) => number>> = {
  number: () => 1,
  timestamp: () => 1,
  category: ({ distinct }) => distinct,
  boolean: () => 2,
  text: () => 0,
};
