/** Checks that a file is UTF-8 text before its bytes reach the parser, and removes the byte-order mark. */
import { isUtf8 } from 'node:buffer';
import { fileFault } from './fault.ts';

const NEWLINE = 10;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The first bytes of formats that people mistake for CSV. */
const SIGNATURES: readonly (readonly [kind: string, beginning: Buffer])[] = [
  ['a ZIP archive or an Excel workbook', Buffer.from('PK\x03\x04', 'latin1')],
  ['an old Excel workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
  ['gzip-compressed', Buffer.from('1f8b', 'hex')],
  ['Zstandard-compressed', Buffer.from('28b52ffd', 'hex')],
  ['xz-compressed', Buffer.from('fd377a585a00', 'hex')],
  // Every Parquet file goes on with this byte; a column may have the name PAR1.
  ['a Parquet file', Buffer.from('PAR1\x15')],
  ['a PDF document', Buffer.from('%PDF-')],
  ['a PNG image', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['a JPEG image', Buffer.from('ffd8ff', 'hex')],
  ['a program', Buffer.from('\x7fELF', 'latin1')],
  ['an SQLite database', Buffer.from('SQLite format 3\0')],
  ['an Arrow (Feather) file', Buffer.from('ARROW1')],
  ['an ORC file', Buffer.from('ORC\x08')],
  ['an Avro file', Buffer.from('Obj\x01', 'latin1')],
  ['an HDF5 file', Buffer.from('894844460d0a1a0a', 'hex')],
  ['a 7-Zip archive', Buffer.from('377abcaf271c', 'hex')],
  ['a RAR archive', Buffer.from('Rar!\x1a\x07', 'latin1')],
  ['bzip2-compressed', Buffer.from('BZh', 'latin1')],
  ['a Stata file', Buffer.from('<stata_dta>')],
  ['an SPSS file', Buffer.from('$FL2')],
  ['a NumPy array', Buffer.from('934e554d5059', 'hex')],
  ['a pickle of Python', Buffer.from('800495', 'hex')],
  ['an R workspace', Buffer.from('RDX3\n')],
];

const TAR = { at: 257, magic: Buffer.from('ustar') } as const;

/** Of text whose first bytes show that it is UTF-16: by its byte-order mark, or an ASCII character with a zero beside it. */
export function utf16Of([first = 1, second = 1]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || (first > 0 && first < 0x80 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0 && second < 0x80)) return 'utf-16be';
  return undefined;
}

/** What a text is to be. */
export type TextKind = 'CSV' | 'JSON' | 'JSON Lines';

/** Checks one chunk after another and keeps track of the position in the file. */
export class TextCheck {
  /** How many bytes at the beginning are no text. */
  skipped = 0;
  /** Says on which line the next chunk begins, where somebody counts lines anyway. Undefined: they are counted here. */
  #lineOfNext: (() => number) | undefined;
  #line: number;
  #offset: number;
  /** The first bytes of a character that continues in the next chunk: at most 3. */
  #carry: Buffer = Buffer.alloc(0);
  #first: boolean;
  readonly #format: TextKind;

  /**
   * @param format what the text is to be: its beginning may not be another format's
   * @param from where the chunks begin, if not at the beginning of the file
   */
  constructor(format: TextKind = 'CSV', { offset, line }: { offset: number; line: number } = { offset: 0, line: 1 }) {
    this.#format = format;
    this.#line = line;
    this.#offset = offset;
    this.#first = offset === 0;
  }

  /**
   * Returns the chunk for the parser.
   * @throws ValidationError with the line and the byte (both from 1) of whatever is not text
   */
  pass(chunk: Uint8Array): Buffer {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#first && bytes.length > 0) {
      this.#first = false;
      expectNoSignature(bytes, this.#format);
      if (bytes.subarray(0, 3).equals(BOM)) {
        bytes = bytes.subarray(BOM.length);
        this.#offset = this.skipped = BOM.length;
      }
    }
    const whole = this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes]);
    const nul = whole.indexOf(0);
    if (nul >= 0) throw fileFault(`must not contain NUL bytes; got one at ${this.#place(whole, nul)}`);
    const cut = incompleteTail(whole);
    const text = whole.subarray(0, whole.length - cut);
    if (!isUtf8(text)) {
      const at = firstInvalid(text);
      throw fileFault(`must be UTF-8 text; got the byte 0x${hex(text[at]!)} at ${this.#place(text, at)}`);
    }
    if (!this.#lineOfNext) this.#line += newlines(text);
    this.#offset += text.length;
    this.#carry = Buffer.from(whole.subarray(text.length));
    return text;
  }

  /** From the next chunk on, lines are counted by somebody else. */
  leaveLines(lineOfNext: () => number): void {
    this.#lineOfNext = lineOfNext;
  }

  /** From the next chunk on, which begins on that line, they are counted here. */
  countLines(line: number): void {
    this.#lineOfNext = undefined;
    this.#line = line;
  }

  /** @throws ValidationError if the file ends within a character */
  end(): void {
    if (this.#carry.length === 0) return;
    throw fileFault(`must be UTF-8 text; it ends within a character at ${this.#place(this.#carry, 0)}`);
  }

  #place(bytes: Buffer, at: number): string {
    const line = this.#lineOfNext?.() ?? this.#line;
    return `line ${line + newlines(bytes, at)} (byte ${this.#offset + at + 1})`;
  }
}

/** Enough to recognise a format by its first bytes. */
const BEGINNING_BYTES = 16;

/** Passes all chunks through a `TextCheck`, however small the first ones are. */
export async function* checkedText(chunks: AsyncIterable<Uint8Array>, check: TextCheck): AsyncGenerator<Buffer> {
  let beginning: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes: Uint8Array = chunk;
    if (beginning) {
      bytes = beginning = Buffer.concat([beginning, chunk]);
      if (beginning.length < BEGINNING_BYTES) continue;
      beginning = undefined;
    }
    const text = check.pass(bytes);
    if (text.length > 0) yield text;
  }
  if (beginning?.length) yield check.pass(beginning);
  check.end();
}

/** The beginnings of text formats, in lower case, that have no columns of their own. */
const TEXT_FORMATS: readonly (readonly [kind: string, beginning: string])[] = [
  ['JSON', '{"'],
  ['JSON', '[{'],
  ['JSON', '[['],
  ['an HTML page', '<!doctype html'],
  ['an HTML page', '<html'],
  ['XML', '<?xml'],
];

function expectNoSignature(bytes: Buffer, wanted: TextKind): void {
  const text = bytes.toString('latin1', 0, BEGINNING_BYTES).trimStart().toLowerCase();
  const format = TEXT_FORMATS.find(([kind, beginning]) => !wanted.startsWith(kind) && text.startsWith(beginning));
  if (format) throw fileFault(`must be ${wanted} text; got ${format[0]} (by its first characters)`);
  if (utf16Of(bytes)) {
    throw fileFault(`must be ${wanted} text in UTF-8; got UTF-16 text (by its first bytes): save it as UTF-8`);
  }
  if (bytes.subarray(TAR.at, TAR.at + TAR.magic.length).equals(TAR.magic)) {
    throw fileFault('must be one table; got a tar archive: upload a file of it, or pack it as a ZIP');
  }
  const found = SIGNATURES.find(([, beginning]) => bytes.subarray(0, beginning.length).equals(beginning));
  if (found) throw fileFault(`must be ${wanted} text in UTF-8; got ${found[0]} (by its first bytes)`);
}

export function newlines(bytes: Buffer, end = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The number of bytes at the end that begin a character which may continue in the next chunk. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

/** A binary search for the longest valid prefix, which may end within a character. */
function firstInvalid(bytes: Buffer): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - incompleteTail(prefix)))) valid = middle;
    else invalid = middle;
  }
  // The culprit is the last byte of the shortest invalid prefix, or the first byte of the character that it cuts off.
  return valid - incompleteTail(bytes.subarray(0, valid));
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0').toUpperCase();
