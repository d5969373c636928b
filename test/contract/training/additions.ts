/** The fields that Trainyard's answers have and the document's have not. A new one needs a line here, and the word "addition" in its description. */
import { integer, number, oneOf, optional, orNull, type Shape, type Type, text, texts, uuid, words } from '../shape.ts';

const anything: Type = { type: 'anything', accepts: () => true };

export const ADDITIONS = {
  version: { model_id: uuid },
  model: { version: orNull(words), model_id: orNull(uuid), evaluation: anything },
  modelStatus: {
    job_id: orNull(uuid),
    stage: optional(oneOf('loading', 'stopping')),
    error: optional(text),
    code: optional(words),
  },
  job: { stage: optional(oneOf('loading', 'stopping')), error: optional(text), code: optional(words) },
  loading: { message: optional(words), code: optional(words) },
  config: {
    ...{ labels: texts, benign_label: words, validation_split: number, seed: number },
    ...{ energy_penalty: number, energy_margin: number },
    ...{
      gradient_accumulation_steps: optional(number),
      max_grad_norm: optional(number),
      layer_decay: optional(number),
    },
    ...{ lr_scheduler: optional(words), freeze_layers: optional(number), truncation: optional(words) },
  },
  retraining: { parent_version: words },
  models: { total_models: integer },
  logs: { next_cursor: orNull(words) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;
