/** The hyperparameters of every model of texts, whose names are those of the training service's `config`. */
import { z } from 'zod';
import { bounded, boundedInteger, checked, fraction, oneOf } from './hyperparameters.ts';

/** Attacks on language models, and texts that are none. */
export const LABELS = ['prompt_injection', 'jailbreak', 'system_extraction', 'code_injection', 'benign'] as const;
const BENIGN = 'benign';

const LABEL_BOUNDS = { least: 2, most: 50, characters: 100 };
export const METRICS_FOR_BEST = ['f1', 'accuracy', 'precision', 'recall', 'loss'] as const;

export interface TextDefaults {
  readonly batch_size: number;
  readonly learning_rate: number;
  readonly num_epochs: number;
  readonly warmup_steps: number;
}

const labelsMessage = `labels must be ${LABEL_BOUNDS.least} to ${LABEL_BOUNDS.most} different words of 1 to ${LABEL_BOUNDS.characters} characters`;
const areLabels = (labels: readonly string[]): boolean =>
  labels.length >= LABEL_BOUNDS.least &&
  labels.length <= LABEL_BOUNDS.most &&
  new Set(labels).size === labels.length &&
  labels.every((label) => label !== '' && label.length <= LABEL_BOUNDS.characters);

/** The schema of one model's hyperparameters; unknown names are refused. */
export const textHyperparameters = (defaults: TextDefaults) =>
  z.strictObject({
    max_length: boundedInteger('max_length', 1, 8192)
      .default(256)
      .meta({ description: 'Tokens of a text that are read; of compact-text, words' }),
    batch_size: boundedInteger('batch_size', 1, 1024).default(defaults.batch_size),
    learning_rate: checked('learning_rate', 'must be greater than 0 and at most 1', (x) => x > 0 && x <= 1)
      .default(defaults.learning_rate)
      .meta({ exclusiveMinimum: 0, maximum: 1 }),
    num_epochs: boundedInteger('num_epochs', 1, 1000).default(defaults.num_epochs),
    warmup_steps: boundedInteger('warmup_steps', 0, 1_000_000)
      .default(defaults.warmup_steps)
      .meta({ description: 'Steps in which the learning rate rises; it falls in a straight line afterwards' }),
    weight_decay: bounded('weight_decay', 0, 1).default(0.01),
    metric_for_best_model: oneOf('metric_for_best_model', METRICS_FOR_BEST).default('f1'),
    greater_is_better: z.boolean().optional().meta({ description: 'Default: true, but false for the metric `loss`' }),
    labels: z
      .array(z.string())
      .refine(areLabels, { error: ({ input }) => `${labelsMessage}; got ${JSON.stringify(input)?.slice(0, 200)}` })
      .default([...LABELS])
      .meta({ description: 'An addition: what the rows may have as their label' }),
    benign_label: z
      .string()
      .default(BENIGN)
      .meta({ description: 'An addition: the label of texts that are no attack, one of `labels`' }),
    energy_penalty: bounded('energy_penalty', 0, 100).default(0).meta({
      description: 'An addition: the weight of a penalty on benign texts about which the logits say too much',
    }),
    energy_margin: bounded('energy_margin', 0, 100)
      .default(1)
      .meta({ description: 'An addition: from which negative energy on that penalty begins' }),
    validation_split: fraction('validation_split')
      .refine((x) => x <= 0.9, { error: ({ input }) => `validation_split must be at most 0.9; got ${input}` })
      .default(0.2)
      .meta({ description: 'An addition: the share of the rows that are kept back to judge the model' }),
    seed: boundedInteger('seed', 0, 2 ** 32 - 1)
      .default(0)
      .meta({ description: 'An addition: determines the split, the initial weights, and the order of the rows' }),
  });

export const SCHEDULES = ['linear', 'cosine'] as const;
/**
 * What is learned from of a text that is too long: in each epoch one of its pieces at random, or always its beginning, its end, or
 * half of each.
 */
export const TRUNCATIONS = ['random', 'head', 'tail', 'both'] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

/** Those of fine-tuning an encoder, all of them additions. */
const fineTuning = {
  gradient_accumulation_steps: boundedInteger('gradient_accumulation_steps', 1, 256)
    .default(1)
    .meta({ description: 'An addition: batches whose gradients make one step' }),
  max_grad_norm: checked('max_grad_norm', 'must be greater than 0 and at most 1000', (x) => x > 0 && x <= 1000)
    .default(1)
    .meta({ description: 'An addition: a larger gradient is scaled down to it', exclusiveMinimum: 0, maximum: 1000 }),
  lr_scheduler: oneOf('lr_scheduler', SCHEDULES)
    .default('linear')
    .meta({ description: 'An addition: how the learning rate falls after the warm-up' }),
  layer_decay: checked('layer_decay', 'must be greater than 0 and at most 1', (x) => x > 0 && x <= 1)
    .default(1)
    .meta({
      description: 'An addition: the factor of the learning rate from each layer to the one below it',
      exclusiveMinimum: 0,
      maximum: 1,
    }),
  freeze_layers: boundedInteger('freeze_layers', 0, 128)
    .default(0)
    .meta({ description: 'An addition: so many layers from the first are not trained, nor the embeddings below them' }),
  truncation: oneOf('truncation', TRUNCATIONS).default('random').meta({
    description:
      'An addition: what is learned from of a text that is too long: `random` is one of the pieces that predictions read, another in each epoch; `head`, `tail` and `both` are always its beginning, its end, or half of each',
  }),
  dropout: fraction('dropout')
    .optional()
    .meta({ description: "An addition: replaces the rates of the encoder's own configuration" }),
};

/** The schema of an encoder's hyperparameters; unknown names are refused. */
export const encoderHyperparameters = (defaults: TextDefaults) => textHyperparameters(defaults).extend(fineTuning);

/** What only an encoder's hyperparameters have, as an answer that is about any model shows them. */
export const shownFineTuning = z.strictObject(fineTuning).partial().shape;

export type EncoderHyperparameters = z.output<ReturnType<typeof encoderHyperparameters>>;
export type TextHyperparameters = z.output<ReturnType<typeof textHyperparameters>>;

export const greaterIsBetter = (h: Pick<TextHyperparameters, 'greater_is_better' | 'metric_for_best_model'>): boolean =>
  h.greater_is_better ?? h.metric_for_best_model !== 'loss';
