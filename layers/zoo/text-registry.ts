/** Every model of texts that can be trained, by its name. */
import { type TextDefaults, type TextHyperparameters, textHyperparameters } from './text-hyperparameters.ts';

export interface TextFamily {
  readonly name: string;
  readonly description: string;
  readonly hyperparameters: ReturnType<typeof textHyperparameters>;
}

export type { TextHyperparameters };

export const COMPACT_TEXT = 'compact-text';

/** What the training service's document has for encoders. */
const ENCODER_DEFAULTS: TextDefaults = { batch_size: 8, learning_rate: 2e-5, num_epochs: 2, warmup_steps: 100 };
const COMPACT_DEFAULTS: TextDefaults = { batch_size: 16, learning_rate: 0.01, num_epochs: 20, warmup_steps: 0 };

const family = (name: string, description: string, defaults: TextDefaults): TextFamily => ({
  name,
  description,
  hyperparameters: textHyperparameters(defaults),
});

const all: readonly TextFamily[] = [
  family('deberta-v3-base', 'DeBERTa-v3, pretrained', ENCODER_DEFAULTS),
  family('roberta-base', 'RoBERTa, pretrained', ENCODER_DEFAULTS),
  family('bert-base-uncased', 'BERT, pretrained', ENCODER_DEFAULTS),
  family('distilbert-base-uncased', 'DistilBERT, pretrained', ENCODER_DEFAULTS),
  family(COMPACT_TEXT, 'Hashed n-grams of words and characters with a small network', COMPACT_DEFAULTS),
];

export const textFamilies: Readonly<Record<string, TextFamily>> = Object.fromEntries(all.map((one) => [one.name, one]));
