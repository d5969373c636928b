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

/**
 * The encoder that a `config.json` describes.
 * @throws ConfigurationError naming the setting that is not read, and its value
 */
export function encoderOf(config: Readonly<Record<string, unknown>>, options: EncoderOptions): Encoder {
  const { model_type: type } = config;
  const architecture = typeof type === 'string' && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (architecture) return architecture(config, options);
  throw new ConfigurationError(
    `config.json: model_type must be one of ${Object.keys(architectures).join(', ')}; got ${JSON.stringify(type) ?? 'nothing'}`,
  );
}
