/** Encodes rows as tensors. */
import { type Tensors, tensor } from '#engine/tensor.ts';
import { sizeOf } from '#engine/type.ts';
import { type Allocate, allocated } from './allocate.ts';
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
export function encodeRows(rows: Pick<Rows, 'columns'>, encoder: Encoder, which: Int32Array): Tensors {
  const into = roomForRows(encoder, which.length, allocated);
  fillRows(rows, encoder, which, { from: 0, to: which.length }, into);
  return into;
}

function roomForRows(encoder: Encoder, count: number, allocate: Allocate): Tensors {
  const width = denseWidth(encoder);
  const words = wordsOf(encoder).length;
  return {
    ...(width > 0 ? { dense: floats([count, width], allocate) } : {}),
    ...(words > 0 ? { codes: integers([count, words], allocate) } : {}),
  };
}

function fillRows(rows: Pick<Rows, 'columns'>, encoder: Encoder, which: Int32Array, some: Some, into: Tensors): void {
  const byName = new Map(rows.columns.map((column) => [column.name, column]));
  const numbers = numbersOf(encoder);
  const words = wordsOf(encoder);
  if (numbers.length > 0) {
    const data = into.dense!.data as Float32Array;
    const width = denseWidth(encoder);
    let indicator = numbers.length;
    const columns = numbers.map((encoding, at) => {
      const place = { data, width, at, indicator: encoding.missing ? indicator++ : -1 };
      return { column: byName.get(encoding.name)!, encoding, place };
    });
    for (const block of blocksOf(some)) {
      for (const { column, encoding, place } of columns) encodeNumbers(column, encoding, which, block, place);
    }
  }
  if (words.length > 0) {
    const data = into.codes!.data as Int32Array;
    for (const [at, encoding] of words.entries()) {
      encodeWords(byName.get(encoding.name)!, encoding, which, some, { data, width: words.length, at });
    }
  }
}

/** Some of the rows that are encoded, by their places among them. */
export interface Some {
  readonly from: number;
  readonly to: number;
}

/** So many encoded rows stay in the processor's first cache until all of their columns are written. */
const BLOCK_ROWS = 256;

function* blocksOf({ from, to }: Some): Generator<Some> {
  for (let at = from; at < to; at += BLOCK_ROWS) yield { from: at, to: Math.min(to, at + BLOCK_ROWS) };
}

/** One-hot vectors of so many places together are stored as they are. */
const NARROW = 64;

/** Whether rows are encoded as the network takes them: nothing is embedded, and one-hot vectors are short. */
export function isNarrow(encoder: Encoder): boolean {
  const words = wordsOf(encoder);
  return words.every(({ embedded }) => !embedded) && widthOf(encoder) - denseWidth(encoder) <= NARROW;
}

/** Rows, and how they are encoded. */
export interface Encodable {
  readonly rows: Pick<Rows, 'columns' | 'target'>;
  readonly encoder: Encoder;
  readonly scale: TargetScale;
  /** Those that are encoded, in this order. */
  readonly which: Int32Array;
}

/** Encoded rows with their targets, in whichever form suits the encoder. */
export function encodeAll(of: Encodable): Tensors {
  const into = roomFor(of, allocated);
  fill(of, { from: 0, to: of.which.length }, into);
  return into;
}

/** Zeros, over which all rows are to be encoded by `fill`. */
export function roomFor(
  { rows: { target }, encoder, which: { length: count } }: Encodable,
  allocate: Allocate,
): Tensors {
  const y = roomForTarget(target, count, allocate);
  if (!isNarrow(encoder)) return { ...roomForRows(encoder, count, allocate), y };
  return { input: floats([count, widthOf(encoder)], allocate), y };
}

/** Encodes some of the rows into memory that is all zeros there. */
export function fill({ rows, encoder, scale, which }: Encodable, some: Some, into: Tensors): void {
  fillTarget(rows.target, scale, which, some, into.y!);
  if (into.input) fillInputs(rows, encoder, which, some, into);
  else fillRows(rows, encoder, which, some, into);
}

/**
 * `input`: float32 [rows, width], what the network takes. A step fetches rows in any order from memory that no cache holds: of
 * numbers and codes in one piece it takes half as long as of two.
 */
function fillInputs(
  rows: Pick<Rows, 'columns'>,
  encoder: Encoder,
  which: Int32Array,
  some: Some,
  { input }: Tensors,
): void {
  const byName = new Map(rows.columns.map((column) => [column.name, column]));
  const width = widthOf(encoder);
  const data = input!.data as Float32Array;
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
  for (const block of blocksOf(some)) {
    for (const { column, encoding, place } of numbers) encodeNumbers(column, encoding, which, block, place);
    for (const { column, codes, depth, place } of words) {
      for (let i = block.from; i < block.to; i++) {
        const code = codes.of(column.values[which[i]!]!);
        if (code < depth) data[i * width + place.at + code] = 1;
      }
    }
  }
}

/** `y`: int32 [rows] for classes, standardised float32 [rows, 1] for numbers, or float32 [rows, labels] of 0 and 1. */
export function encodeTarget(target: Target, scale: TargetScale, which: Int32Array): Tensors {
  const y = roomForTarget(target, which.length, allocated);
  fillTarget(target, scale, which, { from: 0, to: which.length }, y);
  return { y };
}

function roomForTarget(target: Target, count: number, allocate: Allocate): Tensors[string] {
  if (target.task === 'classification') return integers([count], allocate);
  return floats([count, target.task === 'multilabel' ? target.classes.length : 1], allocate);
}

function fillTarget(
  target: Target,
  scale: TargetScale,
  which: Int32Array,
  { from, to }: Some,
  y: Tensors[string],
): void {
  const data = y.data as Int32Array | Float32Array;
  if (target.task === 'classification') {
    for (let i = from; i < to; i++) data[i] = target.values[which[i]!]!;
    return;
  }
  if (target.task === 'multilabel') {
    const { length: labels } = target.classes;
    for (let i = from; i < to; i++) {
      const row = which[i]!;
      data.set(target.values.subarray(row * labels, (row + 1) * labels), i * labels);
    }
    return;
  }
  const { mean, deviation } = scale;
  for (let i = from; i < to; i++) data[i] = (target.values[which[i]!]! - mean) / deviation;
}

const floats = (shape: readonly [number, ...number[]], allocate: Allocate): Tensors[string] =>
  tensor('float32', shape, new Float32Array(allocate(sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT)));

const integers = (shape: readonly [number, ...number[]], allocate: Allocate): Tensors[string] =>
  tensor('int32', shape, new Int32Array(allocate(sizeOf(shape) * Int32Array.BYTES_PER_ELEMENT)));

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
  { from, to }: Some,
  { data, width, at }: Place<Int32Array>,
): void {
  const codes = codesOf(column, encoding);
  for (let i = from; i < to; i++) data[i * width + at] = codes.of(column.values[which[i]!]!);
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
