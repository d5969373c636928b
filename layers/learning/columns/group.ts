/** The recorded columns of a group of rows, in memory that threads share and later groups use again. */
import { crc32 } from 'node:zlib';
import type { CellRows } from '../table/cell-rows.ts';
import type { CellReader, Picked } from '../values/cell-readers.ts';
import type { Heading, Layout } from './layout.ts';

/** The columns are damaged, or were not read to their end: the file itself is there. */
export class ColumnsUnusableError extends Error {
  override readonly name = 'ColumnsUnusableError';
}

type Values = Float64Array | Float32Array | Uint8Array | Uint16Array;

interface ValuesType {
  new (memory: ArrayBufferLike, at: number, length: number): Values;
  readonly BYTES_PER_ELEMENT: number;
}

const types: Readonly<Record<Layout, ValuesType>> = {
  none: Uint8Array,
  float64: Float64Array,
  float32: Float32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
};

/** What another thread reads a column of the current group from. */
export interface SharedColumn extends Pick<Heading['columns'][number], 'layout' | 'bytes' | 'crc32'> {
  readonly memory: SharedArrayBuffer;
  /** Spellings that the thread has not got yet. */
  readonly words: readonly string[];
}

/** So many groups of rows are valid at once. */
export const VALID_GROUPS = 2;

export class StoredColumn {
  /** That of the current group is the last one. Those of the groups before it may still be read. */
  readonly #memories = Array.from({ length: VALID_GROUPS }, () => new SharedArrayBuffer(0));
  #of: Heading['columns'][number] = { layout: 'none', bytes: 0, crc32: 0 };
  #values: Values | undefined;
  #sent = 0;
  /** The spellings so far. */
  readonly words: Buffer[] = [];

  /** Where the bytes of the next group are to be put before it is taken. */
  room(bytes: number): Uint8Array {
    const memory = this.#memories.shift()!;
    const enough = memory.byteLength < bytes ? new SharedArrayBuffer(bytes) : memory;
    this.#memories.push(enough);
    return new Uint8Array(enough, 0, bytes);
  }

  take(of: Heading['columns'][number]): void {
    this.#of = of;
    this.#values = undefined;
    for (const word of of.words ?? []) this.words.push(Buffer.from(word));
  }

  get layout(): Layout {
    return this.#of.layout;
  }

  /** Compared with what was written by whoever needs them. Throws `ColumnsUnusableError`. */
  get values(): Values {
    this.#values ??= valuesOf(this.#of, this.#memories.at(-1)!);
    return this.#values;
  }

  /** The current group, for one other thread. */
  share(): SharedColumn {
    const { layout, bytes, crc32 } = this.#of;
    const words = this.words.slice(this.#sent).map(String);
    this.#sent = this.words.length;
    return { layout, bytes, crc32, memory: this.#memories.at(-1)!, words };
  }

  /** In that thread. */
  takeShared({ memory, ...of }: SharedColumn): void {
    this.#memories.splice(0, this.#memories.length, memory);
    this.take({ ...of, words: [...of.words] });
  }
}

function valuesOf({ layout, bytes, crc32: written }: Heading['columns'][number], memory: SharedArrayBuffer): Values {
  if (crc32(Buffer.from(memory, 0, bytes)) !== written) throw new ColumnsUnusableError('a recorded column is damaged');
  const ValuesOf = types[layout];
  return new ValuesOf(memory, 0, bytes / ValuesOf.BYTES_PER_ELEMENT);
}

export class StoredRows implements CellRows {
  readonly rows: number;
  readonly columns: readonly StoredColumn[];

  constructor(rows: number, columns: readonly StoredColumn[]) {
    this.rows = rows;
    this.columns = columns;
  }

  read(column: number, reader: CellReader, into: Float64Array | Int32Array, picked: Picked): void {
    const { layout, values, words } = this.columns[column]!;
    if (layout === 'uint8' || layout === 'uint16') readWords(values, words, reader, into, picked);
    else if (layout === 'none') throw new TypeError(`column ${column} was not recorded`);
    else copyNumbers(values, into, picked);
  }
}

function copyNumbers(
  values: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> },
  into: Float64Array | Int32Array,
  { rows, from, to, at }: Picked,
): void {
  if (from === to) return;
  const [first, last] = [rows[from]!, rows[to - 1]!];
  if (last - first === to - 1 - from) {
    into.set(values.subarray(first, last + 1), at);
    return;
  }
  for (let i = from, place = at; i < to; i++, place++) into[place] = values[rows[i]!]!;
}

/** The reader is asked for the value of a spelling where that occurs first, as it is while it reads cells. */
function readWords(
  codes: ArrayLike<number>,
  words: readonly Buffer[],
  { read }: CellReader,
  into: Float64Array | Int32Array,
  { rows, from, to, at }: Picked,
): void {
  const known = new Uint8Array(words.length);
  const values = new Float64Array(words.length);
  for (let i = from, place = at; i < to; i++, place++) {
    const code = codes[rows[i]!]!;
    if (known[code] === 0) {
      const word = words[code]!;
      values[code] = read(word, 0, word.length);
      known[code] = 1;
    }
    into[place] = values[code]!;
  }
}
