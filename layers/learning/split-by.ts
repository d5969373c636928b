/** By what the rows of a training are divided into those to learn from, for validation and for a test. */
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import type { Job } from '#domain/training/record.ts';
import type { Kind } from './kind.ts';

export const SPLIT_BY = ['stratified', 'random', 'group', 'time', 'order'] as const;

export interface SplitName {
  readonly by: (typeof SPLIT_BY)[number];
  /** That says it: groups or times. */
  readonly column?: string;
}

type Divided = Pick<DatasetProfile, 'columns'>;

/** The column that divides the rows, if one does. With a group and a time, it is the group. */
export function dividing({ columns }: Divided): ColumnProfile | undefined {
  const having = (wanted: 'group' | 'time') => columns.find(({ role }) => role === wanted);
  return having('group') ?? having('time');
}

export function splitName(profile: Divided, { unit }: Pick<Kind, 'unit'>, { split }: Pick<Job, 'split'>): SplitName {
  const column = dividing(profile);
  if (column) return { by: column.role === 'group' ? 'group' : 'time', column: column.name };
  // Windows overlap: a random split would show the network most of what it is judged by.
  return { by: unit === 'windows' ? 'order' : (split ?? 'stratified') };
}
