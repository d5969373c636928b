/**
 * Which modules and names a file would import if it were loaded as a pickle. Nothing of it is executed. A file is looked
 * at as what Python's loaders take it for: a pickle or several in a row, one that gzip or zlib compressed (joblib), an
 * array of objects (NumPy), or a zip with any of these (PyTorch).
 */

import type { RandomAccess } from '#domain/random-access.ts';
import { truncate } from '#domain/truncate.ts';
import { InvalidZipError, type ZipEntry, zipEntries } from '#domain/zip-entries.ts';
import { type Allowance, type ByteStream, type Compression, decompressed, streamOf, TooLargeError } from './bytes.ts';
import { isDangerous } from './dangerous.ts';
import { LimitError, type Limits, runPickle } from './machine.ts';
import { MalformedError, Reader, TruncatedError } from './reader.ts';
import { isArrayWrapper } from './values.ts';

export interface PickleScan {
  /** Whether the file is a pickle or holds one. */
  readonly pickle: boolean;
  /** `module.name`, sorted; at most `LISTED`, those of `dangerous` first. `<computed>`: not known without executing. */
  readonly imports: readonly string[];
  /** Those of `imports` that can do harm: see `dangerous.ts`. */
  readonly dangerous: readonly string[];
  /** Whether all was scanned. If not, `imports` has only what was found up to there, and `problem` says why. */
  readonly complete: boolean;
  readonly problem?: string;
}

export interface ScanBounds {
  readonly opcodes: number;
  readonly values: number;
  readonly decompressedBytes: number;
}

/** At the most about 10 s of one core, during which others get their turn, and 200 MB. */
export const SCAN_BOUNDS: ScanBounds = { opcodes: 10_000_000, values: 1_000_000, decompressedBytes: 1_000_000_000 };

const LISTED = 200;
const IMPORTS = 10_000;
const NAME_CHARACTERS = 200;
/** gzip within a zip within gzip: no loader opens more. */
const DEPTH = 3;

export async function scanPickles(file: RandomAccess, bounds: ScanBounds = SCAN_BOUNDS): Promise<PickleScan> {
  const scan = new Scan(bounds);
  await scan.file(file);
  return scan.result();
}

class Scan {
  readonly #limits: Limits;
  readonly #allowance: Allowance;
  readonly #imports = new Set<string>();
  /** Imports so far, repeated ones included. */
  #found = 0;
  /** Whether the stream that is scanned imports what stands before an array of joblib. */
  #arrays = false;
  #pickle = false;
  #problem: string | undefined;

  constructor({ opcodes, values, decompressedBytes }: ScanBounds) {
    this.#limits = { opcodes, values };
    this.#allowance = { bytes: decompressedBytes };
  }

  result(): PickleScan {
    const imports = [...this.#imports].sort();
    const dangerous = imports.filter(isDangerous);
    // What is dangerous is always among the names that are listed.
    const listed =
      imports.length <= LISTED ? imports : [...new Set([...dangerous, ...imports])].slice(0, LISTED).sort();
    return {
      pickle: this.#pickle,
      imports: listed,
      dangerous: dangerous.slice(0, LISTED),
      complete: this.#problem === undefined,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  async file(file: RandomAccess): Promise<void> {
    // A file can be a zip and start with a pickle: each loader sees its own part.
    await this.#stream('the file', () => streamOf(file, 0, file.size), DEPTH);
    await this.#attempt('the zip', true, async () => {
      for (const entry of (await zipEntries(file)) ?? []) await this.#entry(file, entry);
    });
  }

  async #entry(file: RandomAccess, { name, start, end, compression }: ZipEntry): Promise<void> {
    const where = `${JSON.stringify(shortened(name))} in the zip`;
    if (compression === 'unknown') return this.#report(where, 'it is compressed by an unknown method');
    const raw = () => streamOf(file, start, end);
    const bytes = compression === 'stored' ? raw : () => decompressed(raw(), compression, this.#allowance);
    await this.#stream(where, bytes, DEPTH - 1, name.endsWith('.pkl'));
  }

  /** `bytes` starts from the front each time. */
  async #stream(where: string, bytes: () => ByteStream, depth: number, expected = false): Promise<void> {
    await this.#attempt(where, expected, async () => {
      const reader = new Reader(bytes());
      await reader.load(16);
      const start = reader.peek(16);
      const compression = compressionOf(start);
      if (compression === undefined) return this.#pickles(() => new Reader(bytes()), expected);
      if (compression === 'unsupported') return this.#report(where, 'its compression is not supported');
      if (depth === 0) return this.#report(where, 'it is compressed too many times');
      await this.#stream(where, () => decompressed(bytes(), compression, this.#allowance), depth - 1, expected);
    });
  }

  /**
   * What `pickle` would load, and what joblib would if there are arrays of its own: to `pickle`, the bytes of an array
   * are opcodes. Where those end it, it ends for `pickle` as well, and the rest is for joblib alone.
   */
  async #pickles(open: () => Reader, expected: boolean): Promise<void> {
    this.#arrays = false;
    try {
      await this.#row(open(), expected, false);
    } catch (error) {
      if (!this.#arrays || !(error instanceof MalformedError || error instanceof TruncatedError)) throw error;
    }
    if (this.#arrays) await this.#row(open(), expected, true);
  }

  /** Pickles in a row, as PyTorch wrote them before it used zip files. */
  async #row(reader: Reader, expected: boolean, arrays: boolean): Promise<void> {
    await reader.load(16);
    await skipArrayHeader(reader);
    for (let first = true; ; first = false) {
      await reader.load(2);
      if (!reader.has(1)) return;
      const [code, protocol] = reader.peek(2);
      const certain = (first && expected) || (code === 0x80 && protocol !== undefined && protocol <= 5);
      const before = this.#found;
      try {
        await runPickle(reader, (name) => this.#add(name), this.#limits, arrays);
        this.#pickle = true;
      } catch (error) {
        // Whatever has no import before it goes wrong is taken for other bytes, such as the numbers of a tensor.
        if (!certain && this.#found === before && !(error instanceof LimitError)) return;
        this.#pickle = true;
        throw error;
      }
    }
  }

  #add(name: string): void {
    this.#found += 1;
    if (isArrayWrapper(name)) this.#arrays = true;
    this.#imports.add(name);
    if (this.#imports.size > IMPORTS) throw new LimitError('it imports too much');
  }

  /** Reports what is wrong with a file; anything else is an error of whoever reads it. */
  async #attempt(where: string, expected: boolean, scan: () => Promise<void>): Promise<void> {
    try {
      await scan();
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      if (expected || this.#pickle || !(error instanceof InvalidZipError)) this.#report(where, problem);
    }
  }

  /** The first problem is the one that is told. */
  #report(where: string, problem: string): void {
    this.#problem ??= `${where}: ${problem}`;
  }
}

const shortened = (name: string): string => truncate(name, NAME_CHARACTERS);

function problemOf(error: unknown): string | undefined {
  if (error instanceof TruncatedError) return 'it is truncated';
  if (error instanceof TooLargeError) return 'it has too much to decompress';
  if (error instanceof MalformedError || error instanceof LimitError || error instanceof InvalidZipError) {
    return error.message;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('Z_') ? 'it cannot be decompressed' : undefined;
}

const MAGIC: readonly (readonly [readonly number[], Compression | 'unsupported'])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x78, 0x01], 'zlib'],
  [[0x78, 0x5e], 'zlib'],
  [[0x78, 0x9c], 'zlib'],
  [[0x78, 0xda], 'zlib'],
  // bzip2, xz, lzma, lz4 and zstd.
  [[0x42, 0x5a, 0x68], 'unsupported'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'unsupported'],
  [[0x5d, 0x00, 0x00], 'unsupported'],
  [[0x04, 0x22, 0x4d, 0x18], 'unsupported'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'unsupported'],
];

const compressionOf = (start: Uint8Array): Compression | 'unsupported' | undefined =>
  MAGIC.find(([magic]) => magic.every((byte, i) => start[i] === byte))?.[1];

const NUMPY = Buffer.from('\x93NUMPY', 'latin1');

/** A `.npy` file of objects is a header and a pickle. */
async function skipArrayHeader(reader: Reader): Promise<void> {
  if (!reader.peek(NUMPY.length).equals(NUMPY)) return;
  await reader.load(12);
  const head = reader.take(12);
  // Version 1 has the length of the header in two bytes, the later ones in four.
  const short = head[6] === 1;
  await reader.skip(short ? head.readUInt16LE(8) - 2 : head.readUInt32LE(8));
}
