import { z } from 'zod';
import { adam, adamw } from '#engine/optim/adam.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';

export const optimizerNames = ['adam', 'adamw', 'sgd', 'rmsprop'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** A number between two bounds, both included. */
export function bounded(name: string, low: number, high: number) {
  return checked(name, `must be between ${low} and ${high}`, (x) => x >= low && x <= high).meta({
    minimum: low,
    maximum: high,
  });
}

/** An integer between two bounds, both included. */
export function boundedInteger(name: string, low: number, high: number) {
  const inside = (x: number) => Number.isInteger(x) && x >= low && x <= high;
  return checked(name, `must be an integer between ${low} and ${high}`, inside).meta({
    type: 'integer',
    minimum: low,
    maximum: high,
  });
}

/** At least 0 and below 1. */
export function fraction(name: string) {
  return checked(name, 'must be at least 0 and below 1', (x) => x >= 0 && x < 1).meta({
    minimum: 0,
    exclusiveMaximum: 1,
  });
}

/** A number that passes the test. Otherwise, the message says what it must be and what it was. */
export function checked(name: string, rule: string, inside: (x: number) => boolean) {
  const error = ({ input }: { input?: unknown }) => `${name} ${rule}; got ${print(input)}`;
  return z.number({ error }).refine(inside, { error });
}

/** One of several words. The message of a refusal has all of them, and the value. */
export function oneOf<const W extends readonly [string, ...string[]]>(name: string, words: W) {
  return z.enum(words, { error: ({ input }) => `${name} must be one of ${words.join(', ')}; got ${print(input)}` });
}

function print(input: unknown): string {
  return typeof input === 'number' ? String(input) : (JSON.stringify(input) ?? String(input));
}

export const SCHEDULES = ['constant', 'linear', 'cosine', 'step'] as const;

/** A number between two bounds, both included, or a word. Not a union, whose refusals would tell of one side only. */
function boundedOr<const W extends string>(name: string, low: number, high: number, word: W) {
  const fits = (x: unknown) => x === word || (typeof x === 'number' && x >= low && x <= high);
  const error = ({ input }: { input?: unknown }) =>
    `${name} must be between ${low} and ${high}, or "${word}"; got ${print(input)}`;
  return z
    .custom<number | W>(fits, { error })
    .meta({ anyOf: [{ type: 'number', minimum: low, maximum: high }, { const: word }] });
}

const MAX_CLASS_WEIGHT = 1e6;
const isClassWeight = (x: unknown): boolean => typeof x === 'number' && x > 0 && x <= MAX_CLASS_WEIGHT;
const areClassWeights = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && Object.values(x).every(isClassWeight);

const classWeight = z
  .custom<'balanced' | Readonly<Record<string, number>>>((x) => x === 'balanced' || areClassWeights(x), {
    error: ({ input }) =>
      `class_weight must be "balanced", or an object of weights by class above 0 and at most ${MAX_CLASS_WEIGHT}; got ${print(input)}`,
  })
  .meta({
    anyOf: [
      { const: 'balanced' },
      { type: 'object', additionalProperties: { type: 'number', exclusiveMinimum: 0, maximum: MAX_CLASS_WEIGHT } },
    ],
  });

const USUAL_RATE = 0.001;

/** @param usual the family's default */
export const learningRate = (usual: number) =>
  boundedOr('learning_rate', 1e-12, 1, 'auto').default(usual).meta({
    description: 'The size of a step; `auto` finds it by a range test (Smith 2017) before the training',
  });

/** @param usual the family's default; @param least of batch normalisation, two rows */
export const batchSize = (usual: number, least = 1) =>
  boundedInteger('batch_size', least, 65_536).default(usual).meta({ description: 'Rows that make a step' });

/** @param usual the family's default; @param where in the network */
export const dropoutOf = (usual: number, where: string) =>
  fraction('dropout')
    .default(usual)
    .meta({ description: `The share of values that are left out of a training step, ${where}` });

/** @param usual the family's default */
export const epochs = (usual: number) =>
  boundedInteger('epochs', 1, 10_000).default(usual).meta({ description: 'Passes over the training rows at most' });

/** @param usual the family's default */
export const optimizer = (usual: OptimizerName) =>
  oneOf('optimizer', optimizerNames).default(usual).meta({
    description: 'How steps follow from gradients; `adamw` is `adam` whose weight decay is apart from them',
  });

/** @param usual the family's default */
export const weightDecay = (usual: number | 'auto') =>
  boundedOr('weight_decay', 0, 1, 'auto').default(usual).meta({
    description:
      'How much weights, not biases, are drawn to 0; `auto`: by a part of the number of training rows, so that few rows are not learned by heart and many are not held back',
  });

/** The hyperparameters that every family has, because the fit loop needs them. */
export const commonHyperparameters = {
  learning_rate: learningRate(USUAL_RATE),
  batch_size: batchSize(32),
  epochs: epochs(50),
  optimizer: optimizer('adam'),
  weight_decay: weightDecay(0),
  momentum: fraction('momentum').default(0).meta({ description: 'For sgd only' }),
  seed: boundedInteger('seed', 0, 2 ** 32 - 1)
    .default(0)
    .meta({ description: 'Determines the split, the initial weights, the shuffles and the dropout masks' }),
  // What follows came later. It is absent where it was not given, so that models of before have the same hyperparameters.
  lr_schedule: oneOf('lr_schedule', SCHEDULES).exactOptional().meta({
    default: 'constant',
    description: 'How the learning rate goes after the warm-up: `linear` and `cosine` to 0 at the last epoch',
  }),
  warmup_epochs: bounded('warmup_epochs', 0, 10_000)
    .exactOptional()
    .meta({ default: 0, description: 'Epochs, or a part of one, in which the learning rate rises from 0' }),
  lr_step_epochs: boundedInteger('lr_step_epochs', 1, 10_000)
    .exactOptional()
    .meta({ default: 10, description: 'For lr_schedule `step`: the learning rate falls after so many epochs each' }),
  lr_step_factor: bounded('lr_step_factor', 1e-6, 1)
    .exactOptional()
    .meta({ default: 0.1, description: 'For lr_schedule `step`: by this factor' }),
  class_weight: classWeight.exactOptional().meta({
    description:
      'For a classification: how much a row of a class counts; `balanced` is rows / (classes * rows of the class), and a class that is left out has 1',
  }),
  calibrate: z
    .boolean({ error: ({ input }) => `calibrate must be true or false; got ${print(input)}` })
    .exactOptional()
    .meta({
      default: true,
      description: 'For a classification: whether probabilities are calibrated by a temperature from validation rows',
    }),
  int8: z
    .boolean({ error: ({ input }) => `int8 must be true or false; got ${print(input)}` })
    .exactOptional()
    .meta({
      default: false,
      description:
        'Whether there is also `model.int8.onnx`, a quarter of the size, with what it costs in accuracy measured on validation rows',
    }),
  threshold: oneOf('threshold', ['f1', 'balanced_accuracy']).exactOptional().meta({
    description:
      'For two classes: choose the probability from which on the second one is answered, so that this is best on validation rows. Default: the more probable class',
  }),
} as const;

export type CommonHyperparameters = z.output<z.ZodObject<typeof commonHyperparameters>>;

/** The learning rate to begin with; `auto` stands for one that is found later. */
export const rateOf = ({ learning_rate: rate }: Pick<CommonHyperparameters, 'learning_rate'>): number =>
  rate === 'auto' ? USUAL_RATE : rate;

/** @param weight of a row: how much data counts as much as the wish for small weights */
export const decayOf = (
  { weight_decay: decay }: Pick<CommonHyperparameters, 'weight_decay'>,
  { rows, weight }: { readonly rows: number; readonly weight: number },
): number => (decay === 'auto' ? Math.min(1, weight / Math.max(1, rows)) : decay);

type Settings = CommonHyperparameters & { readonly learning_rate: number; readonly weight_decay: number };

const optimizers: Readonly<Record<OptimizerName, (h: Settings) => Optimizer>> = {
  adam: (h) => adam({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  adamw: (h) => adamw({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  sgd: (h) => sgd({ learningRate: h.learning_rate, weightDecay: h.weight_decay, momentum: h.momentum }),
  rmsprop: (h) => rmsprop({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
};

/**
 * The optimizer that the hyperparameters specify.
 * @param decay what `auto` stands for. Default: nothing
 */
export function optimizerOf(h: CommonHyperparameters, learningRate = rateOf(h), decay = 0): Optimizer {
  const weight_decay = h.weight_decay === 'auto' ? decay : h.weight_decay;
  return optimizers[h.optimizer]({ ...h, learning_rate: learningRate, weight_decay });
}
