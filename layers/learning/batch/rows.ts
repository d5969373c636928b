/** What a batch prediction predicts. */
import { ValidationError } from '#domain/errors.ts';
import { kindNamed } from '../kinds.ts';
import { foreignUnits } from '../serving/foreign-units.ts';
import type { Source } from '../source.ts';
import type { BatchRows, RowsWanted } from './batch-row.ts';

/** @throws ValidationError, also while its rows are read */
export const batchRows = (source: Source, wanted: RowsWanted): Promise<BatchRows> =>
  kindNamed(wanted.serving.kind).batch(source, wanted);

/** @throws ValidationError where the dataset lacks what the model takes, or a column that is to be repeated */
export function expectPredictable({ profile, serving, include }: RowsWanted): void {
  const features = kindNamed(serving.kind).batchColumns(serving);
  const isTable = (profile.kind ?? 'table') !== 'image';
  if ((features !== undefined) !== isTable) {
    const [wanted, got] = isTable ? ['images', 'a table'] : ['a table', 'images'];
    throw ValidationError.of('dataset_id', `must be a dataset of ${wanted}, as the model takes; got one of ${got}`);
  }
  const known = new Set(profile.columns.map(({ name }) => name.trim()));
  for (const [index, name] of include.entries()) {
    if (isTable && known.has(name)) continue;
    throw ValidationError.of(`include[${index}]`, `must be a column of the dataset; got ${JSON.stringify(name)}`);
  }
  if (!features) return;
  const foreign = foreignUnits(features, profile);
  if (foreign !== undefined) throw ValidationError.of('dataset_id', `must have ${foreign}`);
  const [missing, ...more] = features.map(({ name }) => name).filter((name) => !known.has(name.trim()));
  if (missing === undefined) return;
  const others = more.length > 0 ? ` and ${more.length} more are` : ' is';
  throw ValidationError.of(
    'dataset_id',
    `must be a dataset with a column for each feature of the model; ${JSON.stringify(missing)}${others} missing`,
  );
}
