/** Opens an encoder from its files: its configuration, tokenizer and weights, as a repository of the hub has them. */
import { WEIGHT_FILES } from '#domain/encoders/catalogue.ts';
import type { EncoderFailure } from '#domain/encoders/failures.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import { ConfigurationError, type Encoder, type EncoderOptions } from '#zoo/encoders/encoder.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import { TrainingFailure } from '../failure.ts';
import type { StoredTensors } from '../files/stored-tensor.ts';
import { openWeights } from '../files/weights.ts';
import { WeightsError } from '../files/weights-error.ts';
import { type EncoderWeights, expectFit, readEncoder, WeightsMisfit } from './checkpoint.ts';
import { withHeadOf } from './head.ts';
import { openTokenizer, type TextTokenizer, tokenizerFilesOf } from './tokenizer.ts';
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

export interface OpenOptions extends Omit<EncoderOptions, 'classes'> {
  /** What the head tells apart, in its order. */
  readonly labels: readonly string[];
}

/** @throws TrainingFailure naming the file, and what of it is not read or does not fit */
export const openEncoder = (files: EncoderFiles, { labels, ...options }: OpenOptions): Promise<OpenedEncoder> =>
  refusing(files, async () => {
    const parts = await openParts(files, { ...options, classes: labels.length });
    const read = (stored: StoredTensors) => readEncoder(parts.encoder, withHeadOf(stored, parts.config, labels));
    return { files, ...parts, weights: await withWeights(files, read) };
  });

/**
 * Looks whether `openEncoder` would open an encoder, without reading the numbers of its weights.
 * @param weights false while there are none yet: then the configuration and the tokenizer are looked at
 * @throws TrainingFailure as `openEncoder`
 */
export const expectEncoder = (files: EncoderFiles, { weights }: { readonly weights: boolean }): Promise<void> =>
  refusing(files, async () => {
    const { encoder } = await openParts(files, { classes: 2 });
    if (weights) await withWeights(files, (stored) => expectFit(encoder, stored));
  });

type Parts = Omit<OpenedEncoder, 'files' | 'weights'>;

async function openParts(files: EncoderFiles, options: EncoderOptions): Promise<Parts> {
  if (!files.has(CONFIG)) throw missing(files);
  const config = parseConfig(await files.read(CONFIG));
  const encoder = encoderOf(config, options);
  const names = tokenizerFilesOf((file) => files.has(file));
  const tokenizerFiles = new Map(await Promise.all(names.map(async (file) => [file, await files.read(file)] as const)));
  const tokenizer = openTokenizer(tokenizerFiles);
  expectKnown(tokenizer, encoder);
  return { config, encoder, tokenizer, tokenizerFiles };
}

/** A text with a token that has no vector cannot be learned from, nor read. Throws `TokenizerError`. */
function expectKnown({ largestId }: TextTokenizer, { vocabularySize }: Encoder): void {
  if (largestId < vocabularySize) return;
  throw new TokenizerError(
    `the identifiers of its tokens must be below vocab_size, ${vocabularySize}; the largest is ${largestId}`,
  );
}

/** Throws `WeightsError` naming the file. */
async function withWeights<T>(files: EncoderFiles, use: (stored: StoredTensors) => T | Promise<T>): Promise<T> {
  const file = WEIGHT_FILES.find((one) => files.has(one));
  if (file === undefined) throw missing(files);
  try {
    return await use(await openWeights(await files.open(file)));
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new WeightsError(`${file} cannot be read: ${error.message}`, { cause: error });
  }
}

const missing = ({ name }: EncoderFiles): TrainingFailure =>
  new TrainingFailure(`${name} must have ${CONFIG} and one of ${WEIGHT_FILES.join(', ')}`, {
    code: 'FILES_MISSING' satisfies EncoderFailure,
  });

/** What is not read or does not fit, by the error that says so. */
const CODES: readonly (readonly [error: new (...of: never[]) => Error, code: EncoderFailure])[] = [
  [ConfigurationError, 'CONFIG_NOT_READ'],
  [TokenizerError, 'TOKENIZER_NOT_READ'],
  [WeightsError, 'WEIGHTS_NOT_READ'],
  [WeightsMisfit, 'WEIGHTS_MISFIT'],
];

/** Throws `TrainingFailure`, with a code, for what the files cause. */
async function refusing<T>({ name }: EncoderFiles, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const [kind, code] = CODES.find(([one]) => error instanceof one) ?? [];
    if (!kind || !(error instanceof kind)) throw error;
    throw new TrainingFailure(`${name}: ${error.message}`, { cause: error, code });
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
