/** Opens an encoder from its files: its configuration, tokenizer and weights, as a repository of the hub has them. */
import type { RandomAccess } from '#domain/random-access.ts';
import { ConfigurationError, type Encoder, type EncoderOptions } from '#zoo/encoders/encoder.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import { TrainingFailure } from '../failure.ts';
import { openWeights } from '../files/weights.ts';
import { WeightsError } from '../files/weights-error.ts';
import { type EncoderWeights, readEncoder, WeightsMisfit } from './checkpoint.ts';
import { openTokenizer, type TextTokenizer, TOKENIZER_FILES } from './tokenizer.ts';
import { TokenizerError } from './tokenizer-error.ts';

/** The files of an encoder, wherever they lie. */
export interface EncoderFiles {
  /** For people: where they are from. */
  readonly name: string;
  /** Tells their contents apart. */
  readonly identity: string;
  has(file: string): boolean;
  read(file: string): Promise<Uint8Array>;
  open(file: string): Promise<RandomAccess>;
}

export interface OpenedEncoder {
  readonly files: EncoderFiles;
  /** As its `config.json` has it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly encoder: Encoder;
  readonly tokenizer: TextTokenizer;
  /** The files that the tokenizer was read from. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  readonly weights: EncoderWeights;
}

const CONFIG = 'config.json';
const WEIGHTS = ['model.safetensors', 'pytorch_model.bin'];

/** @throws TrainingFailure naming the file, and what of it is not read or does not fit */
export async function openEncoder(files: EncoderFiles, options: EncoderOptions): Promise<OpenedEncoder> {
  const weightsFile = WEIGHTS.find((file) => files.has(file));
  if (!files.has(CONFIG) || weightsFile === undefined) {
    throw new TrainingFailure(`${files.name} must have ${CONFIG} and one of ${WEIGHTS.join(', ')}`);
  }
  try {
    const config = parseConfig(await files.read(CONFIG));
    const encoder = encoderOf(config, options);
    const names = TOKENIZER_FILES.filter((file) => files.has(file));
    const tokenizerFiles = new Map(
      await Promise.all(names.map(async (file) => [file, await files.read(file)] as const)),
    );
    const tokenizer = openTokenizer(tokenizerFiles);
    const weights = await readEncoder(encoder, await openWeights(await files.open(weightsFile)));
    return { files, config, encoder, tokenizer, tokenizerFiles, weights };
  } catch (error) {
    if (error instanceof WeightsError) {
      throw new TrainingFailure(`${files.name}: ${weightsFile} cannot be read: ${error.message}`, { cause: error });
    }
    if (error instanceof ConfigurationError || error instanceof TokenizerError || error instanceof WeightsMisfit) {
      throw new TrainingFailure(`${files.name}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

function parseConfig(file: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(Buffer.from(file).toString('utf8'));
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
  } catch {
    // Said below.
  }
  throw new ConfigurationError('config.json must be a JSON object');
}
