/** Encodes rows as tensors. */
import { type Tensors, tensor } from '#engine/tensor.ts';
import type { Column, Rows, Target } from './columns.ts';
import {
  denseWidth,
  depthOf,
  type Encoder,
  type NumberEncoding,
  numbersOf,
  type WordEncoding,
  widthOf,
  wordsOf,
} from './encoder.ts';
import type { TargetScale } from './target.ts';

/** `dense`, float32 [rows, width], and `codes`, int32 [rows, categories]. Either is absent if it has no columns. */
export function encodeRows(rows: Rows, encoder: Encoder, which: Int32Array): Tensors {
  const byName = new Map(rows.columns.map((column) => [column.name, column]));
  const numbers = numbersOf(encoder);
  const words = wordsOf(encoder);
  const tensors: Record<string, Tensors[string]> = {};
  if (numbers.length > 0) {
    const width = denseWidth(encoder);
    const data = new Float32Array(which.length * width);
    let indicator = numbers.length;
    const columns = numbers.map((encoding, at) => {
      const place = { data, width, at, indicator: encoding.missing ? indicator++ : -1 };
      return { column: byName.get(encoding.name)!, encoding, place };
    });
    for (const some of blocksOf(which.length)) {
      for (const { column, encoding, place } of columns) encodeNumbers(column, encoding, which, some, place);
    }
    tensors.dense = tensor('float32', [which.length, width], data);
  }
  if (words.length > 0) {
    const data = new Int32Array(which.length * words.length);
    for (const [at, encoding] of words.entries()) {
      encodeWords(byName.get(encoding.name)!, encoding, which, { data, width: words.length, at });
    }
    tensors.codes = tensor('int32', [which.length, words.length], data);
  }
  return tensors;
}

interface Some {
  readonly from: number;
  readonly to: number;
}

/** So many encoded rows stay in the processor's cache until all of their columns are written. */
const BLOCK_ROWS = 2048;

function* blocksOf(rows: number): Generator<Some> {
  for (let from = 0; from < rows; from += BLOCK_ROWS) yield { from, to: Math.min(rows, from + BLOCK_ROWS) };
}

/** One-hot vectors of so many places together are stored as they are. */
const NARROW = 64;

/** Whether rows are encoded as the network takes them: nothing is embedded, and one-hot vectors are short. */
export function isNarrow(encoder: Encoder): boolean {
  const words = wordsOf(encoder);
  return words.every(({ embedded }) => !embedded) && widthOf(encoder) - denseWidth(encoder) <= NARROW;
}

/** Encoded rows with their targets, in whichever form suits the encoder. */
export function encodeAll(rows: Rows, encoder: Encoder, scale: TargetScale, which: Int32Array): Tensors {
  const y = encodeTarget(rows.target, scale, which);
  return isNarrow(encoder) ? encodeInputs(rows, encoder, y, which) : { ...encodeRows(rows, encoder, which), ...y };
}

/**
 * `input`: float32 [rows, width + targets], what the network takes and then the target of each row, and `y`. A step fetches
 * rows in any order from memory that no cache holds: one piece of a row instead of three takes a third of that time.
 */
function encodeInputs(rows: Rows, encoder: Encoder, { y }: Tensors, which: Int32Array): Tensors {
  const byName = new Map(rows.columns.map((column) => [column.name, column]));
  const targets = y!.shape[1] === undefined ? 1 : Number(y!.shape[1]);
  const inputs = widthOf(encoder);
  const width = inputs + targets;
  const data = new Float32Array(which.length * width);
  let [indicator, hot] = [numbersOf(encoder).length, denseWidth(encoder)];
  const numbers = numbersOf(encoder).map((encoding, at) => {
    const place = { data, width, at, indicator: encoding.missing ? indicator++ : -1 };
    return { column: byName.get(encoding.name)!, encoding, place };
  });
  const words = wordsOf(encoder).map((encoding) => {
    const at = hot;
    hot += depthOf(encoding);
    const column = byName.get(encoding.name)!;
    return { column, codes: codesOf(column, encoding), depth: depthOf(encoding), place: { data, width, at } };
  });
  const values = y!.data as Int32Array | Float32Array;
  for (const some of blocksOf(which.length)) {
    for (const { column, encoding, place } of numbers) encodeNumbers(column, encoding, which, some, place);
    for (const { column, codes, depth, place } of words) {
      for (let i = some.from; i < some.to; i++) {
        const code = codes.of(column.values[which[i]!]!);
        if (code < depth) data[i * width + place.at + code] = 1;
      }
    }
    for (let i = some.from; i < some.to; i++) {
      for (let t = 0; t < targets; t++) data[i * width + inputs + t] = values[i * targets + t]!;
    }
  }
  return { input: tensor('float32', [which.length, width], data), y: y! };
}

/** `y`: int32 [rows] for classes, standardised float32 [rows, 1] for numbers, or float32 [rows, labels] of 0 and 1. */
export function encodeTarget(target: Target, scale: TargetScale, which: Int32Array): Tensors {
  if (target.task === 'classification') {
    const data = new Int32Array(which.length);
    for (let i = 0; i < data.length; i++) data[i] = target.values[which[i]!]!;
    return { y: tensor('int32', [which.length], data) };
  }
  if (target.task === 'multilabel') {
    const { length: labels } = target.classes;
    const data = new Float32Array(which.length * labels);
    for (const [i, row] of which.entries()) {
      data.set(target.values.subarray(row * labels, (row + 1) * labels), i * labels);
    }
    return { y: tensor('float32', [which.length, labels], data) };
  }
  const { mean, deviation } = scale;
  const data = new Float32Array(which.length);
  for (let i = 0; i < data.length; i++) data[i] = (target.values[which[i]!]! - mean) / deviation;
  return { y: tensor('float32', [which.length, 1], data) };
}

interface Place<A> {
  readonly data: A;
  readonly width: number;
  readonly at: number;
}

function encodeNumbers(
  { values }: Column,
  { mean, deviation }: NumberEncoding,
  which: Int32Array,
  { from, to }: Some,
  { data, width, at, indicator }: Place<Float32Array> & { readonly indicator: number },
): void {
  for (let i = from; i < to; i++) {
    const value = values[which[i]!]!;
    const isMissing = Number.isNaN(value);
    data[i * width + at] = isMissing ? 0 : (value - mean) / deviation;
    if (isMissing && indicator >= 0) data[i * width + indicator] = 1;
  }
}

function encodeWords(
  column: Column,
  encoding: WordEncoding,
  which: Int32Array,
  { data, width, at }: Place<Int32Array>,
): void {
  const codes = codesOf(column, encoding);
  for (let i = 0; i < which.length; i++) data[i * width + at] = codes.of(column.values[which[i]!]!);
}

/** The code of each of a column's words. */
function codesOf(column: Column, encoding: WordEncoding): { readonly of: (word: number) => number } {
  const unknown = depthOf(encoding);
  const places = new Map(encoding.words.map((word, place) => [word, place]));
  const words = column.kind === 'words' ? column.words : [];
  const codes = words.map((word) => places.get(word) ?? unknown);
  const missing = encoding.missing ? encoding.words.length : unknown;
  return { of: (word) => (word < 0 ? missing : codes[word]!) };
}
