/** The values of a Parquet page by what they are: numbers, or texts that stay bytes. */
import type { DecodedArray } from 'hyparquet';
import { isoWords } from './iso-words.ts';
import type { StreamedColumn } from './parquet-columns.ts';
import type { ParquetKind } from './parquet-values.ts';
import { Words } from './parquet-words.ts';

type Typed =
  | { readonly numbers: Float64Array; readonly texts?: undefined }
  | { readonly numbers?: undefined; readonly texts: Words };

/** The numbers or texts are those of the rows that have a value, or a dictionary of them, which several pages may share. */
export type TypedPage = {
  readonly rows: number;
  readonly levels: ArrayLike<number> | undefined;
  /** Of the rows that have a value, its place in the dictionary. */
  readonly codes?: ArrayLike<number>;
} & Typed;

/** @throws ValidationError with field `file` for bytes that are no text */
export function* typedPages({ pages, kind }: StreamedColumn): Generator<TypedPage> {
  let known: { readonly stored: unknown; readonly typed: Typed } | undefined;
  for (const { rows, levels, values, dictionary } of pages) {
    const stored = dictionary ?? values;
    if (known?.stored !== stored) known = { stored, typed: typedOf(stored, kind) };
    yield { rows, levels, ...known.typed, ...(dictionary ? { codes: values as ArrayLike<number> } : {}) };
  }
}

function typedOf(stored: DecodedArray | Words, kind: ParquetKind): Typed {
  const numbers = stored instanceof Words ? undefined : numbersOf(stored, kind);
  return numbers ? { numbers } : { texts: textsOf(stored, kind) };
}

/** Undefined if they are no numbers, or too large for a double. */
function numbersOf(values: DecodedArray, { name }: ParquetKind): Float64Array | undefined {
  if (name !== 'real' && name !== 'whole') return undefined;
  if (values instanceof Float64Array) return values;
  if (!(values instanceof BigInt64Array)) return Float64Array.from(values as ArrayLike<number>, Number);
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const found = new Float64Array(values.length);
  for (let i = 0; i < found.length; i++) {
    const value = halves[2 * i + 1]! * 2 ** 32 + (halves[2 * i]! >>> 0);
    if (!Number.isSafeInteger(value)) return undefined;
    found[i] = value;
  }
  return found;
}

function textsOf(values: DecodedArray | Words, { text, unit, expectWords }: ParquetKind): Words {
  if (values instanceof Words) {
    expectWords(values);
    return values;
  }
  const times = unit && values instanceof BigInt64Array ? isoWords(values, unit) : undefined;
  return times ?? Words.of(Array.from(values as ArrayLike<unknown>, (value) => Buffer.from(text(value))));
}
