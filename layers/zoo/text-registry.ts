/** Every model of texts that can be trained, by its name. */
import type { z } from 'zod';
import {
  encoderHyperparameters,
  type TextDefaults,
  type TextHyperparameters,
  textHyperparameters,
} from './text-hyperparameters.ts';

export interface TextFamily {
  readonly name: string;
  readonly description: string;
  /** Of an encoder, also those of fine-tuning. */
  readonly hyperparameters: z.ZodType<TextHyperparameters>;
}

export type { TextHyperparameters };

export const COMPACT_TEXT = 'compact-text';

/** What the training service's document has for encoders. */
const ENCODER_DEFAULTS: TextDefaults = { batch_size: 8, learning_rate: 2e-5, num_epochs: 2, warmup_steps: 100 };
const COMPACT_DEFAULTS: TextDefaults = { batch_size: 16, learning_rate: 0.01, num_epochs: 20, warmup_steps: 0 };

/** Of every encoder. */
export const encoderSchema = encoderHyperparameters(ENCODER_DEFAULTS);

/** A pretrained encoder, whatever its architecture. */
export const encoderFamily = (name: string, description: string): TextFamily => ({
  name,
  description,
  hyperparameters: encoderSchema,
});

const all: readonly TextFamily[] = [
  encoderFamily('deberta-v3-base', 'DeBERTa-v3, pretrained'),
  encoderFamily('roberta-base', 'RoBERTa, pretrained'),
  encoderFamily('bert-base-uncased', 'BERT, pretrained'),
  encoderFamily('distilbert-base-uncased', 'DistilBERT, pretrained'),
  {
    name: COMPACT_TEXT,
    description: 'Hashed n-grams of words and characters with a small network',
    hyperparameters: textHyperparameters(COMPACT_DEFAULTS),
  },
];

export const textFamilies: Readonly<Record<string, TextFamily>> = Object.fromEntries(all.map((one) => [one.name, one]));
