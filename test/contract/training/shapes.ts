/** What several examples of the training service's document have. */
import { fraction, integer, is, number, oneOf, orNull, type Shape, type Type, time, words } from '../shape.ts';
import { ADDITIONS } from './additions.ts';

/** `v` and a semantic version. */
export const version: Type = {
  type: 'a version',
  accepts: (value) => typeof value === 'string' && /^v\d+\.\d+\.\d+$/.test(value),
};

export const percent: Type = {
  type: 'a percentage',
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= 100,
};

/** An object with any names, whose values have one shape each. */
export const named = (names: readonly string[], of: Shape): Shape =>
  Object.fromEntries(names.map((name) => [name, of]));

export const NAMES = [
  'deberta-v3-base',
  'roberta-base',
  'bert-base-uncased',
  'distilbert-base-uncased',
  'compact-text',
] as const;
export const ENCODERS = NAMES.slice(0, 4);

const versionFacts = {
  version,
  run_id: words,
  f1_score: fraction,
  accuracy: fraction,
  timestamp: time,
  mlflow_uri: words,
  ...ADDITIONS.version,
};
export const versionShape: Shape = versionFacts;
export const entryShape: Shape = { model_name: is('compact-text'), ...versionFacts };

export const configOf = (name: string): Shape => ({
  model_name: is(name),
  max_length: integer,
  batch_size: integer,
  learning_rate: number,
  num_epochs: integer,
  warmup_steps: integer,
  weight_decay: number,
  metric_for_best_model: words,
  greater_is_better: is(true),
  ...ADDITIONS.config,
});

const jobFacts = {
  job_id: words,
  model_name: oneOf(...NAMES),
  progress: percent,
  start_time: time,
  estimated_completion: time,
};
export const jobEntry = (status: Type): Shape => ({ ...jobFacts, status, ...ADDITIONS.job });
export const jobShape = (status: Type, result: Shape): Shape => ({
  ...jobFacts,
  status,
  current_epoch: integer,
  total_epochs: integer,
  current_loss: orNull(number),
  best_metric: orNull(number),
  result,
  ...ADDITIONS.job,
});
