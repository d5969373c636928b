import type { Dataset } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';

/** Files of labelled texts are the training service's. Throws `ValidationError`. */
export function expectTable({ id, text_format }: Pick<Dataset, 'id' | 'text_format'>): void {
  if (text_format === undefined) return;
  throw ValidationError.of(
    'dataset_id',
    `must be a table; ${id} has labelled texts, on which the training service trains: POST /train with training_data_path datasets/${id}`,
  );
}
