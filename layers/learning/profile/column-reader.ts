/** Reads the cells of a column into its summary, most of them without making text of them. */
import type { ColumnCells, ColumnRecorder } from '../columns/recorder.ts';
import type { Cells } from '../files/cells.ts';
import type { Words } from '../files/parquet-words.ts';
import { BLOCK } from '../kernels/kernels.ts';
import { hashOfBytes, hashOfNumber } from '../values/hash.ts';
import { readIsoTime } from '../values/iso-time.ts';
import { type MissingWords, missingWords } from '../values/missing.ts';
import { missingNumbers, missingValues } from '../values/missing-values.ts';
import { ReadNumber, readPlainNumber } from '../values/plain-number.ts';
import { mayBeUntidy, tidy } from '../values/tidy.ts';
import { BytesText } from './cell-text.ts';
import type { ColumnState, ColumnSummary } from './column.ts';
import { charactersOf } from './counts.ts';
import { DictionaryNumbers } from './dictionary-numbers.ts';
import { type KnownCell, knownCell } from './known-cell.ts';
import { type BlockRules, NumberBlock } from './number-block.ts';
import { NumberCell, type Numbers, runOf, wholeLength } from './number-cells.ts';
import { ShortWords } from './short-words.ts';
import { addTimes } from './time-block.ts';
import { WordBlock } from './word-block.ts';
import { bareEnd, bareStart, hasBlank, isSurelyWord, SHORT_WORD } from './word-bytes.ts';
import { WordsAgain } from './words-again.ts';

/** Of rows that have a value, its place in a dictionary. */
export interface Codes {
  readonly codes: ArrayLike<number>;
  /** For each row whether it has one. Absent if all have. */
  readonly levels: ArrayLike<number> | undefined;
}

/** Nobody has it for longer than the call that fills it. */
const words = new WordBlock();

export class ColumnReader {
  readonly summary: ColumnSummary;
  /** As they were given. */
  readonly missing: readonly string[] | undefined;
  /** Records what cells are read as, for trainings. */
  recorder: ColumnRecorder | undefined;
  readonly #missing: MissingWords;
  /** The longest word for "no value", in bytes, and the numbers and times among them. */
  readonly #missingBytes: number;
  readonly #missingValues: ReadonlySet<number>;
  readonly #missingNumbers: ReadonlySet<number>;
  /** What is known of cells that occur again and again, by their entries in `counts`. */
  readonly #known: (KnownCell | undefined)[] = [];
  /** Short ones among them that are words. */
  readonly #short = new ShortWords();
  readonly #number = new ReadNumber();
  readonly #cell = new BytesText();
  readonly #block = new NumberBlock();
  /** What is known of the last cell: its entry in `counts`, or that it is a time and which. */
  readonly #last = { entry: -1, time: new Float64Array(1) };

  /** @param missing the words that mean "no value". Default: the usual ones */
  constructor(summary: ColumnSummary, missing: readonly string[] | undefined) {
    this.summary = summary;
    this.missing = missing;
    this.#missing = missingWords(missing);
    this.#missingBytes = Math.max(SHORT_WORD, ...[...this.#missing].map((word) => Buffer.byteLength(word)));
    this.#missingValues = missingValues(this.#missing);
    this.#missingNumbers = missingNumbers(this.#missing);
  }

  restore(state: ColumnState): void {
    this.summary.restore(state);
    this.#known.length = 0;
    this.#short.clear();
  }

  /** Adds the cells of some rows that come after `before` others. */
  addCells(cells: Cells, column: number, before: number): void {
    const { bytes, columns, rows, starts, ends } = cells;
    let isNumber = true;
    for (let row = 0; row < rows; row++) {
      // Numbers mostly come together, and so do times.
      if (isNumber) {
        const length = this.#addBlock(before + row + 1, (block, rules) => block.takeCells(cells, column, row, rules));
        if (length > 0) this.recorder?.addNumbers(this.#block.values, length, { cells, column, row });
        row += length;
      } else if (this.#last.entry >= 0) row += this.#addWords({ cells, column, row });
      else row += addTimes(this, { cells, column, row }, before, this.#missingValues);
      if (row >= rows) return;
      const at = row * columns + column;
      isNumber = this.#addCell(bytes, starts[at]!, ends[at]!, before + row + 1);
      this.recorder?.addRead(bytes, starts[at]!, ends[at]!, this.#last);
    }
  }

  /** Adds known words together, as far as they can be, and returns how many. */
  #addWords(from: ColumnCells): number {
    const { summary, recorder } = this;
    // Words that are not counted now may be counted behind so many of them.
    if (!summary.isCounted) return 0;
    words.takeCells(from, summary, this.#known, this.#short);
    const { entries, length } = words;
    summary.counts.repeatAll(entries, length);
    if (length > 0) summary.addWordsAgain(length);
    recorder?.addWords(entries, length, from);
    return length;
  }

  /** Adds words of a dictionary, by their places in it, that come after `before` rows. */
  addCodes({ bytes, starts, ends, length }: Words, { codes, levels }: Codes, before: number): void {
    const rows = levels?.length ?? codes.length;
    // What is known of a word is looked up once.
    const entries = new Int32Array(length).fill(-1);
    const again = new WordsAgain(this.summary, entries);
    for (let row = 0, at = 0; row < rows; row++) {
      if (levels && !levels[row]) {
        this.summary.addEmpty(before + row + 1);
        continue;
      }
      const code = codes[at++]!;
      if (again.add(code) || this.#addAgain(entries[code]!)) continue;
      again.flush();
      const [start, end] = [starts[code]!, ends[code]!];
      this.#addCell(bytes, start, end, before + row + 1);
      entries[code] = this.summary.counts.find(bytes, start, end, hashOfBytes(bytes, start, end));
      if (this.#known[entries[code]!]?.isWord) again.take(code);
    }
    again.end();
  }

  /** Adds numbers that come after `before` rows. */
  addNumbers(numbers: Numbers, before: number): void {
    const { values, levels } = numbers;
    const rows = levels?.length ?? values.length;
    const cell = new NumberCell();
    const entries = new Map<number, number>();
    for (let row = 0, at = 0, to = 0; row < rows; row++) {
      if (levels && !levels[row]) {
        this.summary.addEmpty(before + row + 1);
        continue;
      }
      if (at >= to) to = at + runOf(levels, row, rows);
      const length = this.#addBlock(before + row + 1, (block, rules) =>
        block.takeNumbers(numbers, { from: at, to }, rules, entries),
      );
      row += length;
      at += length;
      if (at >= to) {
        row--;
        continue;
      }
      const isPlain = cell.set(values[at++]!, numbers.isReal);
      const entry = this.#addValue(isPlain, cell, entries.get(cell.value), before + row + 1);
      if (entry !== undefined) entries.set(cell.value, entry);
    }
  }

  /** Prepares a dictionary for `addNumberCodes`. */
  dictionaryOf(values: Float64Array, isReal: boolean): DictionaryNumbers {
    return new DictionaryNumbers(values, isReal, this.#missingValues);
  }

  /** Adds numbers of a dictionary, which `endDictionary` ends, by their places in it, that come after `before` rows. */
  addNumberCodes(dictionary: DictionaryNumbers, { codes, levels }: Codes, before: number): void {
    const { values, isReal, entries } = dictionary;
    const rows = levels?.length ?? codes.length;
    const cell = new NumberCell();
    for (let row = 0, at = 0, to = 0; row < rows; row++) {
      if (levels && !levels[row]) {
        this.summary.addEmpty(before + row + 1);
        continue;
      }
      if (at >= to) to = at + runOf(levels, row, rows);
      const length = this.#addBlock(
        before + row + 1,
        (block, rules) => block.takeCodes(dictionary, codes, { from: at, to }, rules),
        true,
      );
      row += length;
      at += length;
      if (at >= to) {
        row--;
        continue;
      }
      const code = codes[at++]!;
      const isPlain = cell.set(values[code]!, isReal);
      const known = entries[code]! < 0 ? undefined : entries[code];
      const entry = this.#addValue(isPlain, cell, known, before + row + 1) ?? -1;
      if (this.summary.counts.isCounted(entry)) dictionary.setEntry(code, entry);
    }
  }

  endDictionary(dictionary: DictionaryNumbers): void {
    this.summary.addUsed(dictionary);
  }

  /**
   * Adds numbers together, as far as they can be, and returns how many.
   * @param row of the first one
   * @param known whether their values are added elsewhere
   */
  #addBlock(row: number, take: (block: NumberBlock, rules: BlockRules) => void, known = false): number {
    const rules = this.summary.blockRules(this.#missingValues, BLOCK);
    if (!rules) return 0;
    const block = this.#block;
    take(block, rules);
    block.row = row;
    if (block.length > 0) this.summary.addBlock(block, known || rules.counts !== undefined);
    return block.length;
  }

  /**
   * @param known its entry, if it is known
   * @returns its entry, if there is one
   */
  #addValue(isPlain: boolean, cell: NumberCell, known: number | undefined, row: number): number | undefined {
    if (isPlain && !this.#mayMiss(cell.value)) return this.#addNumber(cell, known, row);
    const bytes = Buffer.from(String(cell));
    this.#addCell(bytes, 0, bytes.length, row);
    return undefined;
  }

  #mayMiss(value: number): boolean {
    return this.#missingValues.size > 0 && this.#missingValues.has(value);
  }

  /** Returns whether it is a plain number. */
  #addCell(bytes: Buffer, start: number, end: number, row: number): boolean {
    const number = this.#number;
    this.#last.entry = -1;
    this.#last.time[0] = Number.NaN;
    const isPlain = readPlainNumber(bytes, start, end, number) && !this.#mayMiss(number.value);
    if (isPlain) this.#addPlain(bytes, start, end, row);
    else if (start === end) this.summary.addEmpty(row);
    else this.#addWord(bytes, start, end, row);
    return isPlain;
  }

  #addPlain(bytes: Buffer, start: number, end: number, row: number): void {
    const number = this.#number;
    if (this.summary.isCounted) {
      const hash = hashOfBytes(bytes, start, end);
      this.summary.counts.add(bytes, start, end, hash, this.summary.counts.find(bytes, start, end, hash), row);
    }
    // Most cells are never looked at as text.
    this.#cell.at(bytes, start, end);
    // Different spellings of a number are one value, but not those of a code.
    const hash = number.leadingZero ? hashOfBytes(bytes, start, end) : hashOfNumber(number.value);
    this.summary.addPlain(number, this.#cell, end - start, hash, row);
  }

  #addNumber(cell: NumberCell, known: number | undefined, row: number): number | undefined {
    let entry = known;
    if (this.summary.isCounted) {
      if (entry === undefined) entry = this.#count(Buffer.from(String(cell)), row);
      else this.summary.counts.repeat(entry);
    }
    const length = cell.hasPoint ? 0 : wholeLength(cell.value);
    this.summary.addPlain(cell, cell, length, hashOfNumber(cell.value), row);
    return entry;
  }

  #count(bytes: Buffer, row: number): number {
    const hash = hashOfBytes(bytes, 0, bytes.length);
    return this.summary.counts.add(
      bytes,
      0,
      bytes.length,
      hash,
      this.summary.counts.find(bytes, 0, bytes.length, hash),
      row,
    );
  }

  #addWord(bytes: Buffer, from: number, to: number, row: number): void {
    const start = bareStart(bytes, from, to);
    const end = bareEnd(bytes, start, to);
    if (start === end) {
      this.summary.addEmpty(row);
      return;
    }
    const hash = hashOfBytes(bytes, start, end);
    let entry = this.summary.counts.find(bytes, start, end, hash);
    this.#last.entry = entry;
    if (this.#addAgain(entry)) return;
    if (entry < 0 && mayBeUntidy(bytes, start, end)) {
      const text = bytes.toString('utf8', start, end);
      const bare = tidy(text);
      if (bare !== text) {
        const other = Buffer.from(bare);
        this.#addWord(other, 0, other.length, row);
        // Some readers tell the two apart.
        this.#last.entry = -1;
        return;
      }
    }
    if (this.summary.isCounted) entry = this.summary.counts.add(bytes, start, end, hash, entry, row);
    if (entry < 0) entry = this.summary.counts.remember(bytes, start, end, hash);
    if (entry >= 0) this.#addKnown(this.#knownOf(entry), hash, row);
    else this.#addUnknown(bytes, start, end, hash, row);
  }

  /** Adds a word of which all is known by its entry; false if there is more to it. */
  #addAgain(entry: number): boolean {
    if (entry < 0 || !this.#known[entry]?.isWord) return false;
    // A word that is only remembered is not counted.
    if (this.summary.isCounted) this.summary.counts.repeat(entry);
    this.summary.addWordsAgain(1);
    return true;
  }

  #knownOf(entry: number): KnownCell {
    const known = this.#known[entry];
    if (known) return known;
    const made = knownCell(this.summary.counts.text(entry), this.#missing, this.#missingNumbers);
    this.#known[entry] = made;
    return made;
  }

  #addKnown(facts: KnownCell, hash: number, row: number): void {
    const { text, value, isPlain, leadingZero, isMissing } = facts;
    const isExact = isPlain && !leadingZero && !(Math.abs(value) > Number.MAX_SAFE_INTEGER);
    if (isMissing) this.summary.addAbsent(text, row);
    else if (!isPlain) this.summary.addOther(facts, text, hash, row);
    else this.summary.addPlain(facts, text, text.length, isExact ? hashOfNumber(value) : hash, row);
  }

  /** A word for which there is no room any more: of times and of words without digits, no text is made. */
  #addUnknown(bytes: Buffer, start: number, end: number, hash: number, row: number): void {
    const time = readIsoTime(bytes, start, end);
    const isTime = !Number.isNaN(time) && !this.#mayMiss(time);
    if (!isTime && !isSurelyWord(bytes, start, end, this.#missingBytes)) {
      const text = bytes.toString('utf8', start, end);
      this.#addKnown(knownCell(text, this.#missing, this.#missingNumbers), hash, row);
      return;
    }
    const { summary } = this;
    this.#cell.at(bytes, start, end);
    if (isTime) this.#last.time[0] = time;
    const length = end - start > summary.longest ? charactersOf(bytes, start, end) : 0;
    if (!summary.hasBlanks) summary.hasBlanks = hasBlank(bytes, start, end);
    summary.addTime(isTime ? time : Number.NaN, this.#cell, length, hash, row);
  }
}
