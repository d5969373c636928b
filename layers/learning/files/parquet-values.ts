/** What the values of a Parquet column are as text, which is what pandas writes into a CSV file of them. */
import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import { fileFault, shown } from '../csv/fault.ts';
import type { TimeUnit } from './iso-words.ts';
import { decimalText, timeOf } from './parquet-primitives.ts';
import { Words } from './parquet-words.ts';

export interface ParquetKind {
  /** `real` and `whole` values are numbers, `words` are bytes of UTF-8; `other` ones are read as text. */
  readonly name: 'real' | 'whole' | 'words' | 'other';
  /** Of `other` values that are times. */
  readonly unit?: TimeUnit;
  /** Of a value as it is stored; not of null. */
  readonly text: (value: unknown) => string;
  /** Throws `ValidationError` with field `file` where bytes are no text. */
  readonly expectWords: (words: Words) => void;
}

/** Whole numbers in a column of floating-point numbers have a point, as everywhere else. */
export const realText = (value: number): string => withPoint(String(value), value);
const floatText = (value: number): string => withPoint(shortest(value), value);

const withPoint = (text: string, value: number): string =>
  Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;

/** The fewest digits that stand for the same number of 32 bits: 0.1, not 0.10000000149011612. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

// Beyond the years that a date can have, the number is as good as any.
const isoText = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

const DAY_MS = 86_400_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const TIMESTAMPS: Readonly<Record<string, 'MILLIS' | 'MICROS'>> = {
  TIMESTAMP_MILLIS: 'MILLIS',
  TIMESTAMP_MICROS: 'MICROS',
};
const CLOCKS: Readonly<Record<string, 'MILLIS' | 'MICROS'>> = { TIME_MILLIS: 'MILLIS', TIME_MICROS: 'MICROS' };

/** @throws ValidationError with field `file` for a column whose values are no text, numbers, truth values or times */
export function kindOf(element: SchemaElement): ParquetKind {
  const { type, converted_type: converted = '', logical_type: logical, name, scale = 0 } = element;
  const expectWords = (words: Words) => expectTexts(words, name);
  const other = (text: (value: never) => string): ParquetKind => ({ name: 'other', text: text as never, expectWords });
  if (converted === 'INTERVAL' || converted === 'BSON') throw binary(name, converted.toLowerCase());
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY') throw binary(name, logical.type.toLowerCase());
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return other((value) => decimalText(value, scale));
  if (type === 'INT96') return other((value) => isoText(timeOf(value, 'INT96')));
  const unit = logical?.type === 'TIMESTAMP' ? logical.unit : TIMESTAMPS[converted];
  if (unit) return { ...other((value) => isoText(timeOf(value, unit))), unit };
  if (logical?.type === 'DATE' || converted === 'DATE') {
    return other((days: number) => isoText(days * DAY_MS).slice(0, 10));
  }
  const clock = logical?.type === 'TIME' ? logical.unit : CLOCKS[converted];
  if (clock) return other((value) => isoText(timeOf(value, clock)).slice(11, 23));
  if (logical?.type === 'FLOAT16') return other((bytes: Uint8Array) => floatText(parseFloat16(bytes)!));
  if (logical?.type === 'UUID') return other((bytes: Uint8Array) => hex(bytes).replace(UUID, '$1-$2-$3-$4-$5'));
  if (type === 'FIXED_LEN_BYTE_ARRAY') throw binary(name, 'bytes');
  const isUnsigned = converted.startsWith('UINT_') || (logical?.type === 'INTEGER' && !logical.isSigned);
  if (isUnsigned && type === 'INT64') return other((value: bigint) => String(BigInt.asUintN(64, value)));
  if (isUnsigned) return other((value: number) => String(value >>> 0));
  if (type === 'BYTE_ARRAY') {
    const text = (value: unknown): string => {
      const bytes = value as Uint8Array;
      expectWords(Words.of([bytes]));
      return utf8.decode(bytes);
    };
    return { name: 'words', text, expectWords };
  }
  if (type === 'FLOAT') return other(floatText);
  if (type === 'DOUBLE') return { name: 'real', text: (value) => realText(value as number), expectWords };
  return type === 'BOOLEAN' ? other(String) : { name: 'whole', text: String, expectWords };
}

const UUID = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/** Of four bytes: the highest bit of each, which those of ASCII do not have, and the lowest one. */
const HIGH = 0x80808080 | 0;
const LOW = 0x01010101;

function expectTexts({ bytes, starts, ends }: Words, name: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < starts.length; i++) {
    const end = ends[i]!;
    let at = starts[i]!;
    let isUsual = true;
    for (; at + 3 < end && isUsual; at += 4) {
      const four = view.getInt32(at, true);
      // Where a byte is 0, or none of ASCII, its highest bit is set in one of these.
      isUsual = (((((four - LOW) | 0) & ~four) | four) & HIGH) === 0;
    }
    for (; at < end && isUsual; at++) isUsual = bytes[at]! - 1 < 0x7f && bytes[at] !== 0;
    if (!isUsual) expectText(bytes, starts[i]!, end, name);
  }
}

function expectText(bytes: Uint8Array, start: number, end: number, name: string): void {
  const text = bytes.subarray(start, end);
  if (text.includes(0)) throw fileFault(`column ${shown(name)} must not contain NUL characters; got one in a text`);
  if (!isUtf8(text)) throw binary(name, 'binary values that are no UTF-8');
}

const binary = (name: string, kind: string) =>
  fileFault(
    `column ${shown(name)} must have text, numbers, truth values or times; got ${kind}: leave it out, or write it as text`,
  );
