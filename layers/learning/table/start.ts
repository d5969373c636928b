/** How rows were encoded for the model whose weights a training starts from: they mean what they mean only with that. */
import { z } from 'zod';
import { shown } from '../csv/fault.ts';
import { TrainingFailure } from '../failure.ts';
import type { Rows } from './columns.ts';
import { type Encoder, encoder } from './encoder.ts';
import type { TargetScale } from './target.ts';

/** What `encoder.json` has of it. */
export const tableStart = z.object({
  features: encoder.shape.features,
  classes: z.array(z.string()),
  target: z.object({ mean: z.number(), deviation: z.number() }),
});
export type TableStart = z.infer<typeof tableStart>;

/**
 * The model's encoder, for other rows. Means, deviations and words stay the model's: a word that it has not seen remains
 * one.
 * @throws TrainingFailure naming the first feature that the rows have not, or the model
 */
export function encoderOf({ features }: TableStart, { columns, leftOut }: Pick<Rows, 'columns' | 'leftOut'>): Encoder {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  for (const { name, type } of features) {
    const got = types.get(name);
    if (got === type) continue;
    const what = got === undefined ? 'the dataset has no such feature' : `in the dataset it is a ${got}`;
    throw misfit(`feature ${shown(name)} must be a ${type}, as in that model; ${what}`);
  }
  const known = new Set(features.map(({ name }) => name));
  const more = columns.find(({ name }) => !known.has(name));
  if (more) {
    throw misfit(`feature ${shown(more.name)} must have the role ignore: that model does not know it`);
  }
  return { features, leftOut: [...leftOut] };
}

/** The scale of the model's target, where there is one. */
export const scaleOf = ({ target }: TableStart): TargetScale => target;

const misfit = (message: string) => new TrainingFailure(`To start from another model, ${message}`);
