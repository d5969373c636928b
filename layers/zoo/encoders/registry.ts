/** Every architecture of encoders, by the `model_type` of a `config.json`. */
import { bert, roberta } from './bert.ts';
import { deberta } from './deberta.ts';
import { distilbert } from './distilbert.ts';
import { type Architecture, ConfigurationError, type Encoder, type EncoderOptions } from './encoder.ts';

export const architectures: Readonly<Record<string, Architecture>> = {
  bert,
  distilbert,
  roberta,
  'deberta-v2': deberta,
};

/** More than the largest upload has, even in float16. */
export const MOST_PARAMETERS = 2_000_000_000;

/**
 * The encoder that a `config.json` describes.
 * @throws ConfigurationError naming the setting that is not read, and its value
 */
export function encoderOf(config: Readonly<Record<string, unknown>>, options: EncoderOptions): Encoder {
  const { model_type: type } = config;
  const architecture = typeof type === 'string' && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (architecture) return expectBounded(architecture(config, options));
  throw new ConfigurationError(
    `config.json: model_type must be one of ${Object.keys(architectures).join(', ')}; got ${JSON.stringify(type) ?? 'nothing'}`,
  );
}

function expectBounded(encoder: Encoder): Encoder {
  const { paddingId, vocabularySize, maxTokens } = encoder;
  if (paddingId >= vocabularySize) {
    throw new ConfigurationError(
      `config.json: pad_token_id must be below vocab_size, ${vocabularySize}; got ${paddingId}`,
    );
  }
  if (maxTokens < 1) {
    throw new ConfigurationError(
      `config.json: max_position_embeddings and pad_token_id leave ${maxTokens} positions for tokens; at least 1 is needed`,
    );
  }
  const parameters = encoder.parameters.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
  if (parameters <= MOST_PARAMETERS) return encoder;
  throw new ConfigurationError(
    `config.json: an encoder must have at most ${MOST_PARAMETERS} parameters; this one has ${parameters}`,
  );
}
