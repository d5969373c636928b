import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';

/** A double, its standardised value and an indicator. A code and its copy take no more. */
const BYTES_PER_CELL = 16;

/** The most memory for a file's columns and their encoded copy. Larger data is kept on the trainer's disk. */
export const RESIDENT_BYTES = 2 ** 30;

/** The columns that a network can use. */
export const usableColumns = ({ columns, target }: DatasetProfile): ColumnProfile[] =>
  columns.filter(({ type, name }) => type !== 'text' && name !== target);

/** The rows that a network can learn from. */
export const usableRows = (profile: DatasetProfile): number => profile.rows - profile.rows_without_target;

/** The approximate memory for a file's columns and their encoded copy. */
export function residentBytes(profile: DatasetProfile): number {
  return usableRows(profile) * (usableColumns(profile).length + 1) * BYTES_PER_CELL;
}
