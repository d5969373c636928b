/** Records the cells of one column while they are read for a profile: as numbers where that is what they seem to be. */
import { crc32 } from 'node:zlib';
import type { Cells } from '../files/cells.ts';
import { ByteTable } from '../values/byte-table.ts';
import { type CellReader, numberReader } from '../values/cell-readers.ts';
import { hashOfBytes } from '../values/hash.ts';
import type { Layout, Recorded } from './layout.ts';
import { ChunkMemories, type ChunkMemory } from './memory.ts';

/** What a column has in one group of rows. */
export interface Chunk extends ChunkMemory {
  readonly column: number;
  readonly group: number;
  readonly rows: number;
  readonly layout: Layout;
  readonly crc32: number;
  /** Spellings that no chunk before has. */
  readonly words?: string[];
}

/** Cells of a column from a row on. */
export interface ColumnCells {
  readonly cells: Cells;
  readonly column: number;
  readonly row: number;
}

/** What a reader knows of a cell: the entry of its word among those that it has seen, or -1; a time, or NaN. */
export interface KnownCell {
  readonly entry: number;
  readonly time: Float64Array;
}

/** More spellings are no categories. Each of them has a number of 16 bits. */
const MOST_WORDS = { count: 65_536, bytes: 1_048_576 };
/** Of so many, a number has 8 bits. */
const FEW_WORDS = 256;

interface RecorderOptions {
  readonly column: number;
  readonly groupRows: number;
  readonly emit: (chunk: Chunk) => void;
}

/** One chunk for each group, also where nothing is recorded. */
export class ColumnRecorder {
  readonly #options: RecorderOptions;
  #recorded: Recorded;
  readonly #reader: CellReader | undefined;
  /** Whether numbers with a point are what they are in the column. */
  readonly #takesNumbers: boolean;
  readonly #numbers: Float64Array;
  readonly #codes: Uint16Array;
  readonly #memories = new ChunkMemories();
  /** Whether there are times that depend on the order of day, month and year. */
  #hasOrder = false;
  readonly #isTime: boolean;
  /** By the entries of the reader: spellings that differ in blanks alone have one. */
  readonly #codeOf: number[] = [];
  readonly #table = new ByteTable();
  #added: string[] = [];
  #group = 0;
  #rows = 0;

  constructor(recorded: Recorded, options: RecorderOptions) {
    this.#options = options;
    this.#recorded = recorded;
    const isNumbers = recorded.as === 'numbers';
    this.#reader = isNumbers ? numberReader(recorded.type, recorded.format) : undefined;
    this.#isTime = isNumbers && recorded.type === 'timestamp';
    this.#takesNumbers = isNumbers && recorded.type === 'number' && recorded.format.decimal !== ',';
    this.#numbers = new Float64Array(isNumbers ? options.groupRows : 0);
    this.#codes = new Uint16Array(recorded.as === 'words' ? options.groupRows : 0);
  }

  /** How it was recorded, after all rows were added. */
  get recorded(): Recorded {
    if (this.#recorded.as !== 'numbers' || this.#hasOrder) return this.#recorded;
    const { date_order: _, ...format } = this.#recorded.format;
    return { ...this.#recorded, format };
  }

  /** Adds the first `length` of the numbers, which were found in these cells. */
  addNumbers(values: Float64Array, length: number, from: ColumnCells): void {
    if (this.#takesNumbers) this.#addValues(values, length);
    else this.addCells(from, length);
  }

  /** The same of times, which nothing else was found in. */
  addTimes(values: Float64Array, length: number, from: ColumnCells): void {
    if (this.#isTime) this.#addValues(values, length);
    else this.addCells(from, length);
  }

  #addValues(values: Float64Array, length: number): void {
    for (let at = 0; at < length; ) {
      const some = Math.min(length - at, this.#options.groupRows - this.#rows);
      this.#numbers.set(values.subarray(at, at + some), this.#rows);
      at += some;
      this.#rows += some;
      if (this.#rows === this.#options.groupRows) this.#end();
    }
  }

  addCells({ cells: { bytes, starts, ends, columns }, column, row }: ColumnCells, length: number): void {
    for (let at = row * columns + column, left = length; left > 0; left--, at += columns) {
      this.addCell(bytes, starts[at]!, ends[at]!);
    }
  }

  /** Adds a cell of which a reader knows something: then it need not be read again. */
  addRead(bytes: Buffer, start: number, end: number, { entry, time }: KnownCell): void {
    if (this.#recorded.as === 'words') {
      const known = entry < 0 ? undefined : this.#codeOf[entry];
      this.#codes[this.#rows] = known ?? this.#codeOfEntry(entry, bytes, start, end);
      this.#next();
    } else if (this.#isTime && !Number.isNaN(time[0])) {
      this.#numbers[this.#rows] = time[0]!;
      this.#next();
    } else this.addCell(bytes, start, end);
  }

  /** Adds the first `length` of the words, which a reader knows by their entries, and which were found in these cells. */
  addWords(entries: Int32Array, length: number, from: ColumnCells): void {
    if (this.#recorded.as !== 'words') {
      this.addCells(from, length);
      return;
    }
    const { cells, column, row } = from;
    const { bytes, starts, ends, columns } = cells;
    const codes = this.#codes;
    for (let i = 0, at = row * columns + column; i < length; i++, at += columns) {
      codes[this.#rows] = this.#codeOf[entries[i]!] ?? this.#codeOfEntry(entries[i]!, bytes, starts[at]!, ends[at]!);
      this.#next();
    }
  }

  addCell(bytes: Buffer, start: number, end: number): void {
    if (this.#reader) {
      this.#numbers[this.#rows] = this.#reader.read(bytes, start, end);
      if (!this.#hasOrder) this.#hasOrder = start < end && !beginsWithYear(bytes, start);
    } else if (this.#recorded.as === 'words') this.#codes[this.#rows] = this.#codeFor(bytes, start, end);
    this.#next();
  }

  #next(): void {
    if (++this.#rows === this.#options.groupRows) this.#end();
  }

  /** Of the first cell with an entry, or of any cell without one. */
  #codeOfEntry(entry: number, bytes: Buffer, start: number, end: number): number {
    const code = this.#codeFor(bytes, start, end);
    if (entry >= 0) this.#codeOf[entry] = code;
    return code;
  }

  #codeFor(bytes: Buffer, start: number, end: number): number {
    const table = this.#table;
    const hash = hashOfBytes(bytes, start, end);
    const known = table.find(bytes, start, end, hash);
    if (known >= 0) return known;
    if (table.size === MOST_WORDS.count || table.bytes + end - start > MOST_WORDS.bytes) {
      this.#stop();
      return 0;
    }
    this.#added.push(bytes.toString('utf8', start, end));
    return table.add(bytes, start, end, hash);
  }

  #stop(): void {
    this.#recorded = { as: 'nothing' };
    this.#added = [];
  }

  /** Ends the last group. */
  end(): void {
    if (this.#rows > 0) this.#end();
  }

  #end(): void {
    const { column, emit } = this.#options;
    const { layout, values } = this.#values();
    const memory = this.#memories.copyOf(values);
    const words = this.#added;
    const of = { column, group: this.#group++, rows: this.#rows, layout, ...memory, crc32: crc32(memory.bytes) };
    this.#added = [];
    this.#rows = 0;
    emit(words.length > 0 ? { ...of, words } : of);
  }

  #values(): {
    layout: Layout;
    values: Float64Array | Float32Array | Uint16Array | Uint8Array;
  } {
    if (this.#recorded.as === 'nothing') return { layout: 'none', values: new Uint8Array() };
    if (this.#recorded.as === 'words') {
      const codes = this.#codes.subarray(0, this.#rows);
      return this.#table.size <= FEW_WORDS
        ? { layout: 'uint8', values: new Uint8Array(codes) }
        : { layout: 'uint16', values: codes };
    }
    const numbers = this.#numbers.subarray(0, this.#rows);
    return areShort(numbers)
      ? { layout: 'float32', values: new Float32Array(numbers) }
      : { layout: 'float64', values: numbers };
  }
}

const [ZERO, NINE, HYPHEN] = [48, 57, 45];

/** Whether a time begins as in ISO 8601, which is read alike whatever the order of other dates. */
function beginsWithYear(bytes: Buffer, start: number): boolean {
  for (let at = start; at < start + 4; at++) if (!(bytes[at]! >= ZERO && bytes[at]! <= NINE)) return false;
  return bytes[start + 4] === HYPHEN;
}

/** Whether numbers of 32 bits say the same, bit for bit. */
function areShort(numbers: Float64Array): boolean {
  // The only number that is not equal to itself is the same in both.
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (Math.fround(number) !== number && !Number.isNaN(number)) return false;
  }
  return true;
}
