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
  const unknown = depthOf(encoding);
  const places = new Map(encoding.words.map((word, place) => [word, place]));
  const words = column.kind === 'words' ? column.words : [];
  const codes = words.map((word) => places.get(word) ?? unknown);
  const missing = encoding.missing ? encoding.words.length : unknown;
  for (let i = 0; i < which.length; i++) {
    const code = column.values[which[i]!]!;
    data[i * width + at] = code < 0 ? missing : codes[code]!;
  }
}
