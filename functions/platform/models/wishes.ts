/** What an ONNX file does not say of the model in it. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { line } from '../fields.ts';
import { row } from './row-schema.ts';

const MOST_NAMES = 2000;
const MOST_EXAMPLES = 100;

const names = z.array(line(LIMITS.csv.columnNameCharacters)).min(1).max(MOST_NAMES);

const side = z.int().min(1).max(LIMITS.image.imported);

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
  pixels: z
    .strictObject({
      scale: z.number().min(1e-6).max(1e6).default(255),
      mean: z.array(z.number().min(-1e6).max(1e6)).min(1).max(3).default([0]),
      deviation: z.array(z.number().min(1e-6).max(1e6)).min(1).max(3).default([1]),
    })
    .meta({
      id: 'ModelPixels',
      description:
        'For a model of images: how it wants bytes from 0 to 255, `(byte / scale - mean) / deviation`, by channel in the order red, green, blue. Then an input is a file, as base64 or a data URL, or arrays of bytes. Default: arrays of the numbers that the network takes',
      example: { scale: 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    }),
  image_size: z.union([side, z.array(side).length(2)]).meta({
    description:
      'For a model of images that says no size of its own: the pixels of each side, or `[height, width]`. Files are scaled to it',
    example: 224,
  }),
  scores: z.enum(['probabilities', 'logits']).meta({
    description:
      'What the scores of the classes are. Default: probabilities where there is a label too, or where they add up to 1',
  }),
};

const example = z
  .strictObject({
    input: row,
    class: line(LIMITS.csv.columnNameCharacters).optional(),
    probabilities: z.record(z.string(), z.number().min(0).max(1)).optional(),
    value: z.number().optional(),
  })
  .meta({ id: 'ModelExample' });

export const examples = z
  .array(example)
  .min(1)
  .max(MOST_EXAMPLES)
  .meta({
    description:
      'Rows, each with what the model answered before it was exported: `class`, `probabilities` or `value`. ' +
      'The import is refused where the file answers otherwise: by more than 0.001, for numbers more than 0.001 of the largest',
    example: [{ input: [5.1, 3.5], class: 'setosa' }],
  });

export const DEFAULT_TARGET = 'target';

/** Throws `ValidationError` for what only a model that predicts can have. */
export function expectNoWishes({
  features,
  classes,
  scores,
  pixels,
  image_size,
  examples: compared,
}: { readonly [name in keyof typeof wishFields | 'examples']?: unknown }) {
  const odd = Object.entries({ features, classes, scores, pixels, image_size, examples: compared }).find(
    ([, wish]) => wish !== undefined,
  );
  if (odd) throw ValidationError.of(odd[0], 'must be left out for a file of weights, which does not predict');
}
