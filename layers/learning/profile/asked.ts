import type { Dataset } from '#domain/datasets/record.ts';
import type { ProfileOptions } from './profile.ts';

/** What its owner has said about a dataset's file, as whoever reads it takes it. */
export function askedOf({
  requested_target: target,
  requested_type,
  dataset_type,
  parsing = {},
  file_name: fileName,
}: Pick<Dataset, 'requested_target' | 'requested_type' | 'dataset_type' | 'parsing' | 'file_name'>): ProfileOptions {
  const task = requested_type ?? dataset_type;
  return { task, parsing, fileName, ...(target === undefined ? {} : { target }) };
}
