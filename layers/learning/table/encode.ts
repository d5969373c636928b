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
    for (const [at, encoding] of numbers.entries()) {
      const place = { data, width, at, indicator: encoding.missing ? indicator++ : -1 };
      encodeNumbers(byName.get(encoding.name)!, encoding, which, place);
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

/** `y`: int32 [rows] for classes, standardised float32 [rows, 1] for numbers, or float32 [rows, labels] of 0 and 1. */
export function encodeTarget(target: Target, scale: TargetScale, which: Int32Array): Tensors {
  if (target.task === 'classification') {
    return {
      y: tensor(
        'int32',
        [which.length],
        Int32Array.from(which, (row) => target.values[row]!),
      ),
    };
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
  const data = Float32Array.from(which, (row) => (target.values[row]! - mean) / deviation);
  return { y: tensor('float32', [which.length, 1], data) };
}

interface Place<A> {
  readonly data: A;
  readonly width: number;
  readonly at: number;
}

function encodeNumbers(
  column: Column,
  { mean, deviation }: NumberEncoding,
  which: Int32Array,
  { data, width, at, indicator }: Place<Float32Array> & { readonly indicator: number },
): void {
  for (let i = 0; i < which.length; i++) {
    const value = column.values[which[i]!]!;
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
