import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';

/** A double, and its standardised value with an indicator; a code and its copy fit in the same. */
const BYTES_PER_CELL = 16;

/** Of a file's columns and their encoded copy: data that would take more lie on the trainer's disk. */
export const RESIDENT_BYTES = 2 ** 30;

/** The columns that a network can get. */
export const usableColumns = ({ columns, target }: DatasetProfile): ColumnProfile[] =>
  columns.filter(({ type, name }) => type !== 'text' && name !== target);

/** The rows that a network can learn from. */
export const usableRows = (profile: DatasetProfile): number => profile.rows - profile.rows_without_target;

/** About what a file's columns and their encoded copy take together in memory. */
export function residentBytes(profile: DatasetProfile): number {
  return usableRows(profile) * (usableColumns(profile).length + 1) * BYTES_PER_CELL;
}
