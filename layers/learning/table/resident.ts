import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';

/** A double, its standardised value and an indicator. A code and its copy take no more. */
const BYTES_PER_CELL = 16;

/** The most memory for a file's columns and their encoded copy. Larger data is kept on the trainer's disk. */
export const RESIDENT_BYTES = 2 ** 30;

/** Profiles of earlier builds have no roles. */
export const roleOf = ({ role, name }: ColumnProfile, { target }: Pick<DatasetProfile, 'target'>) =>
  role ?? (name === target ? 'target' : 'feature');

/** The columns that a network can use. */
export const usableColumns = (profile: DatasetProfile): ColumnProfile[] =>
  profile.columns.filter((column) => column.type !== 'text' && roleOf(column, profile) === 'feature');

/** The rows that a network can learn from. */
export const usableRows = (profile: DatasetProfile): number => profile.rows - profile.rows_without_target;

/** The approximate memory for a file's columns and their encoded copy. */
export function residentBytes(profile: DatasetProfile): number {
  return usableRows(profile) * (usableColumns(profile).length + 1) * BYTES_PER_CELL;
}
