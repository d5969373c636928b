/** The values of a Parquet page by what they are: numbers, or texts that stay bytes. */
import type { DecodedArray } from 'hyparquet';
import { isoWords } from './iso-words.ts';
import type { ParquetPage } from './parquet-columns.ts';
import type { ParquetKind } from './parquet-values.ts';
import { Words } from './parquet-words.ts';

export type TypedPage = { readonly rows: number; readonly levels: ArrayLike<number> | undefined } & (
  | { readonly numbers: Float64Array }
  | { readonly numbers?: undefined; readonly texts: Words /** Their places in `texts`. */; readonly codes?: Codes }
);

type Codes = ArrayLike<number>;

/**
 * Of the rows that have a value.
 * @throws ValidationError with field `file` for bytes that are no text
 */
export function typedPage({ rows, levels, values, dictionary }: ParquetPage, kind: ParquetKind): TypedPage {
  const stored = dictionary ?? values;
  const numbers = stored instanceof Words ? undefined : numbersOf(stored, kind);
  const codes = dictionary && (values as Codes);
  if (numbers) return { rows, levels, numbers: codes ? inOrder(numbers, codes) : numbers };
  return { rows, levels, texts: textsOf(stored, kind), ...(codes ? { codes } : {}) };
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

function inOrder(numbers: Float64Array, codes: Codes): Float64Array {
  const found = new Float64Array(codes.length);
  for (let i = 0; i < found.length; i++) found[i] = numbers[codes[i]!]!;
  return found;
}

function textsOf(values: DecodedArray | Words, { text, unit, expectWord }: ParquetKind): Words {
  if (values instanceof Words) {
    const { bytes, starts, ends, length } = values;
    for (let i = 0; i < length; i++) expectWord(bytes, starts[i]!, ends[i]!);
    return values;
  }
  const times = unit && values instanceof BigInt64Array ? isoWords(values, unit) : undefined;
  return times ?? Words.of(Array.from(values as ArrayLike<unknown>, (value) => Buffer.from(text(value))));
}
