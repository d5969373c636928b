/**
 * Reads an encoder's `config.json`. What would change the outputs and is not known here is refused by name and value:
 * outputs that differ from those of transformers in silence are worse than none.
 */
import { z } from 'zod';
import { activationNames } from './activations.ts';
import { ConfigurationError } from './encoder.ts';

/** Settings that do not change what a classifier computes from its weights. */
const WITHOUT_EFFECT = [
  ...['_name_or_path', 'name_or_path', 'architectures', 'model_type', 'transformers_version', 'torch_dtype', 'dtype'],
  ...['id2label', 'label2id', 'num_labels', 'problem_type', 'finetuning_task', 'task_specific_params', 'language'],
  ...['initializer_range', 'use_cache', 'gradient_checkpointing', 'output_past', 'output_hidden_states'],
  ...[
    'output_attentions',
    'return_dict',
    'torchscript',
    'tie_word_embeddings',
    'tie_weights_',
    'chunk_size_feed_forward',
  ],
  ...['bos_token_id', 'eos_token_id', 'sep_token_id', 'cls_token_id', 'model_revision', 'legacy', 'qa_dropout'],
  // Of multilingual BERT; nothing reads them.
  ...['directionality', 'pooler_fc_size', 'pooler_num_attention_heads', 'pooler_num_fc_layers', 'pooler_size_per_head'],
  'pooler_type',
  // Of TinyBERT's distillation; transformers reads none of them.
  ...['cell', 'structure', 'pre_trained', 'training', 'emb_size'],
];

/** Settings that may be written out with the only value that is read. */
const ONLY: Readonly<Record<string, readonly unknown[]>> = {
  is_decoder: [false],
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  position_embedding_type: ['absolute', null],
  per_layer_config: [null],
};

const number = (rule: string, fits: (x: number) => boolean) => z.number({ error: rule }).refine(fits, { error: rule });

const integer = (least: number, most: number) =>
  number(`must be an integer between ${least} and ${most}`, (x) => Number.isInteger(x) && x >= least && x <= most);

const oneOf = <const W extends string>(words: readonly W[]) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` });

/**
 * The fields that configurations are made of. Every number has bounds beyond those of released encoders: a few bytes of a
 * file must not make the host build layers without end.
 */
export const fields = {
  layers: integer(1, 64),
  heads: integer(1, 256),
  width: integer(1, 8192),
  innerWidth: integer(1, 32_768),
  vocabulary: integer(1, 1_000_000),
  positions: integer(1, 65_536),
  /** Of relative positions. Nothing, or less, is none. */
  distances: integer(-1, 65_536),
  segments: integer(1, 1024),
  optionalSegments: integer(0, 1024),
  paddingId: integer(0, 999_999),
  rate: number('must be at least 0 and below 1', (x) => x >= 0 && x < 1),
  epsilon: number('must be greater than 0 and below 1', (x) => x > 0 && x < 1),
  activation: oneOf(activationNames),
  flag: z.boolean({ error: 'must be true or false' }),
  oneOf,
};

/**
 * The settings that a schema describes.
 * @throws ConfigurationError for a value that is not read, by name and value
 */
export function readConfiguration<S extends z.ZodRawShape>(
  shape: S,
  config: Readonly<Record<string, unknown>>,
): z.output<z.ZodObject<S>> {
  for (const [name, value] of Object.entries(config)) {
    if (name in shape || WITHOUT_EFFECT.includes(name) || ONLY[name]?.includes(value) || isEmpty(name, value)) continue;
    const wanted = ONLY[name] ? `; only ${JSON.stringify(ONLY[name][0])} is` : '';
    throw new ConfigurationError(`config.json: ${name} is not read with the value ${show(value)}${wanted}`);
  }
  const parsed = z.object(shape).safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue!.path[0]);
  throw new ConfigurationError(`config.json: ${name} ${issue!.message}; got ${show(config[name])}`);
}

/** No heads were removed. */
const isEmpty = (name: string, value: unknown): boolean =>
  name === 'pruned_heads' && typeof value === 'object' && Object.keys(value ?? {}).length === 0;

const MOST_SHOWN = 80;

const show = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing').slice(0, MOST_SHOWN);

/**
 * The width of one of the heads.
 * @throws ConfigurationError
 */
export function headWidth(width: number, heads: number): number {
  if (width % heads === 0) return width / heads;
  throw new ConfigurationError(`config.json: the width ${width} must be a multiple of the number of heads, ${heads}`);
}
