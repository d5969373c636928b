/** What an ONNX file does not say of the model in it. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { line } from '../fields.ts';

const MOST_NAMES = 2000;

const names = z.array(line(LIMITS.csv.columnNameCharacters)).min(1).max(MOST_NAMES);

export const wishFields = {
  target: line(LIMITS.csv.columnNameCharacters).meta({ description: 'What it predicts' }),
  features: names.meta({
    description: 'The names of the features, in the order of its inputs and of their columns',
    example: ['sepal length', 'sepal width'],
  }),
  classes: names.meta({
    description: 'The names of the classes, in the order of the scores',
    example: ['setosa', 'virginica'],
  }),
  scores: z.enum(['probabilities', 'logits']).meta({
    description:
      'What the scores of the classes are. Default: probabilities where there is a label too, or where they add up to 1',
  }),
};

export const DEFAULT_TARGET = 'target';

/** Throws `ValidationError` for what only a model that predicts can have. */
export function expectNoWishes({
  features,
  classes,
  scores,
}: { readonly [name in keyof typeof wishFields]?: unknown }) {
  const odd = Object.entries({ features, classes, scores }).find(([, wish]) => wish !== undefined);
  if (odd) throw ValidationError.of(odd[0], 'must be left out for a file of weights, which does not predict');
}
