/** What a batch prediction predicts, for each kind of data. */
import { ValidationError } from '#domain/errors.ts';
import { imageInputOf } from '../image/encoding.ts';
import { ofRows } from '../kinds.ts';
import type { Serving } from '../serving/description.ts';
import { foreignUnits } from '../serving/foreign-units.ts';
import type { Source } from '../source.ts';
import type { BatchRows, RowsWanted } from './batch-row.ts';
import { imageRows } from './image-rows.ts';
import { seriesRows } from './series-rows.ts';
import { tableRows } from './table-rows.ts';

/** Whether the model takes images as they are, and not the columns of a table as pixels. */
export const takesImages = (serving: Serving): boolean =>
  serving.kind === 'image' && imageInputOf(serving).columns === undefined;

/** @throws ValidationError, also while its rows are read */
export function batchRows(source: Source, wanted: RowsWanted): Promise<BatchRows> {
  const { serving } = wanted;
  if (takesImages(serving)) return imageRows(source, wanted);
  if (serving.kind === 'series') return seriesRows(source, wanted);
  return tableRows(source, { ...wanted, serving: ofRows(serving) });
}

/** @throws ValidationError where the dataset lacks what the model takes, or a column that is to be repeated */
export function expectPredictable({ profile, serving, include }: RowsWanted): void {
  const isImages = profile.kind === 'image';
  if (takesImages(serving) !== isImages) {
    const [wanted, got] = isImages ? ['a table', 'images'] : ['images', 'a table'];
    throw ValidationError.of('dataset_id', `must be a dataset of ${wanted}, as the model takes; got one of ${got}`);
  }
  const known = new Set(profile.columns.map(({ name }) => name.trim()));
  for (const [index, name] of include.entries()) {
    if (!isImages && known.has(name)) continue;
    throw ValidationError.of(`include[${index}]`, `must be a column of the dataset; got ${JSON.stringify(name)}`);
  }
  if (isImages) return;
  const { features } = serving.kind === 'series' ? serving : ofRows(serving);
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
