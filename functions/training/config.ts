/** The `config` of a training: what may be in it, and how it is answered. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { check } from '#functions/http/validation/check.ts';
import {
  greaterIsBetter,
  shownFineTuning,
  type TextHyperparameters,
  textHyperparameters,
} from '#zoo/text-hyperparameters.ts';
import type { TextFamily } from '#zoo/text-registry.ts';

// The model's own schema looks at the values.
export const configRequest = z.record(z.string(), z.unknown()).meta({
  description: 'Of the model; those left out have their defaults. A retraining takes them from the latest version',
  example: { max_length: 256, batch_size: 8, learning_rate: 0.00002, num_epochs: 2 },
});

export type Config = TextHyperparameters & { readonly greater_is_better: boolean };

/** Throws `ValidationError` with fields such as `config.batch_size`. */
export function configOf(family: TextFamily, given: unknown): Config {
  const found = check(family.hyperparameters, given, { root: 'config', within: 'config' });
  if (!found.labels.includes(found.benign_label)) {
    throw ValidationError.of(
      'config.benign_label',
      `must be one of labels, ${found.labels.join(', ')}; got ${found.benign_label}`,
    );
  }
  return { ...found, greater_is_better: greaterIsBetter(found) };
}

const NO_DEFAULTS = { batch_size: 8, learning_rate: 2e-5, num_epochs: 2, warmup_steps: 100 };

export const configAnswer = z
  .strictObject({ model_name: z.string(), ...textHyperparameters(NO_DEFAULTS).shape, ...shownFineTuning })
  .meta({ id: 'TrainingConfig' });
