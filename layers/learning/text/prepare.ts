/** Labelled texts as encoded rows: their n-grams, and the places of their labels among a model's. */
import { createHash, type Hash } from 'node:crypto';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { shown } from '../csv/fault.ts';
import { fileChanged, TrainingFailure } from '../failure.ts';
import type { EncodedData } from '../fit/task.ts';
import { expectRows } from '../table/split.ts';
import { type Featurizer, type Grams, gramsOf } from './featurizer.ts';
import { countAlike, NearDuplicates } from './near-duplicates.ts';
import { readTexts, type TextRow, type TextSource } from './rows.ts';
import { splitTexts, type TextSplit } from './split.ts';

export interface PrepareTextsOptions {
  readonly featurizer: Featurizer;
  readonly labels: readonly string[];
  /** The share of rows for validation, 0–0.9. */
  readonly validationSplit: number;
  readonly seed: number;
}

export interface SplitTexts {
  readonly data: EncodedData;
  readonly rows: { readonly training: number; readonly validation: number };
  /** What was kept back: whole sources, or rows. */
  readonly splitBy: TextSplit['by'];
  /** Texts kept back that are nearly the same as one to learn from. */
  readonly alike: number;
  /** What the model is judged by, where that is not simply the rows that were kept back. */
  readonly judged?: JudgedPieces;
}

/** The texts that a model is judged by, whole, in the pieces that its predictions are made of. */
export interface JudgedPieces {
  readonly rows: Tensors;
  /** The text of each piece, counted from 0. */
  readonly texts: Int32Array;
  /** Of a text: what is behind them is not judged. Undefined if all are. */
  readonly mostPieces: number | undefined;
}

export interface PreparedTexts extends SplitTexts {
  /** The n-grams that a row has room for. */
  readonly places: number;
}

/** Of memory, for the n-grams of all texts. */
const MOST_BYTES = 2 ** 30;
const BYTES_PER_PLACE = 8;

export interface TextFile {
  readonly source: TextSource;
  readonly profile: Pick<DatasetProfile, 'sha256'>;
}

export interface LabelledTexts {
  /** The place of each row's label. */
  readonly codes: Int32Array;
  readonly split: TextSplit;
  /** Texts kept back that are nearly the same as one to learn from. */
  readonly alike: number;
}

/**
 * Reads labelled texts to the end, and splits them.
 * @param take called with one text after another
 * @throws TrainingFailure naming the row, if the data cannot be learned from
 */
export async function readLabelled(
  bytes: AsyncIterable<Uint8Array>,
  { source, profile }: TextFile,
  { labels, validationSplit, seed }: Omit<PrepareTextsOptions, 'featurizer'>,
  take: (text: string) => void,
): Promise<LabelledTexts> {
  const hash = createHash('sha256');
  const found: number[] = [];
  const sources: (string | undefined)[] = [];
  const duplicates = new NearDuplicates();
  try {
    for await (const row of readTexts(hashed(bytes, hash), source)) {
      found.push(codeOf(row, labels));
      sources.push(row.source);
      duplicates.add(row.text);
      take(row.text);
    }
  } catch (error) {
    throw error instanceof ValidationError ? failureOf(error) : error;
  }
  if (hash.digest('hex') !== profile.sha256) {
    throw fileChanged();
  }
  expectTwoClasses(found, labels);
  const codes = Int32Array.from(found);
  const split = splitTexts({ labels, codes, sources, fraction: validationSplit, seed });
  expectRows(split.training);
  const alike = countAlike(duplicates.groups(), split.validation, split.training);
  return { codes, split, alike };
}

/** @throws TrainingFailure naming the row, if the data cannot be learned from */
export async function prepareTexts(
  bytes: AsyncIterable<Uint8Array>,
  file: TextFile,
  { featurizer, ...of }: PrepareTextsOptions,
): Promise<PreparedTexts> {
  const grams: Grams[] = [];
  let places = 1;
  const { codes, split, alike } = await readLabelled(bytes, file, of, (text) => {
    const found = gramsOf(text, featurizer);
    grams.push(found);
    places = Math.max(places, found.buckets.length);
    expectRoom(grams.length * places);
  });
  const { training, validation } = split;
  const encode = (which: Int32Array) => encodeTexts(grams, codes, which, places);
  return {
    data: { training: encode(training), ...(validation.length > 0 ? { validation: encode(validation) } : {}) },
    places,
    rows: { training: training.length, validation: validation.length },
    splitBy: split.by,
    alike,
  };
}

/** Throws `ValidationError` for a label that the model does not have. */
export function codeOf({ row, label }: Pick<TextRow, 'row' | 'label'>, labels: readonly string[]): number {
  const code = labels.indexOf(label);
  if (code >= 0) return code;
  throw ValidationError.of(`row ${row}`, `label must be one of ${labels.join(', ')}; got ${shown(label)}`);
}

function encodeTexts(grams: readonly Grams[], values: Int32Array, which: Int32Array, places: number): Tensors {
  const buckets = new Int32Array(which.length * places);
  const weights = new Float32Array(which.length * places);
  for (const [i, row] of which.entries()) {
    buckets.set(grams[row]!.buckets, i * places);
    weights.set(grams[row]!.weights, i * places);
  }
  return {
    buckets: tensor('int32', [which.length, places], buckets),
    weights: tensor('float32', [which.length, places], weights),
    y: tensor(
      'int32',
      [which.length],
      which.map((row) => values[row]!),
    ),
  };
}

function expectTwoClasses(codes: readonly number[], labels: readonly string[]): void {
  const [only, ...others] = new Set(codes);
  if (others.length === 0) {
    throw new TrainingFailure(`The rows must have at least 2 different labels; got ${labels[only!]} only`);
  }
}

function expectRoom(places: number): void {
  if (places * BYTES_PER_PLACE <= MOST_BYTES) return;
  throw new TrainingFailure(
    `The texts must take at most ${MOST_BYTES} bytes of memory; they take more: a smaller max_length reads less of each`,
  );
}

const failureOf = ({ details }: ValidationError): TrainingFailure =>
  new TrainingFailure(details.map(({ field, message }) => `${field} ${message}`).join('; '));

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
