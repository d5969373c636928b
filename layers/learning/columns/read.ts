/** Reads recorded columns as a training reads the cells of the file itself. */
import { crc32 } from 'node:zlib';
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { release } from '#domain/release.ts';
import type { FileBytes } from '../files/file-bytes.ts';
import { ColumnsUnusableError, StoredColumn, StoredRows } from './group.ts';
import {
  type Directory,
  directory,
  HEADING_BYTES,
  type Heading,
  heading,
  MARK,
  type Recorded,
  TAIL_BYTES,
} from './layout.ts';

/** A table as it was recorded. */
export interface StoredTable {
  readonly header: readonly string[];
  /** Of the file that it was recorded from. */
  readonly sha256: string;
  /** Throws `ColumnsUnusableError`. The rows of the last `VALID_GROUPS` groups are valid. */
  groups(): AsyncGenerator<StoredRows>;
}

/**
 * What was recorded of the file that the profile describes; `undefined` where that cannot take the place of the file: it is
 * of another version, or of another reading, or lacks one of the columns.
 * @param needed the columns that are read, each as its profile says
 * @param asWords those of them that are read by their words, whatever they are
 */
export async function openColumns(
  file: FileBytes,
  profile: DatasetProfile,
  needed: readonly ColumnProfile[],
  asWords: ReadonlySet<string>,
): Promise<StoredTable | undefined> {
  const found = await directoryOf(file);
  if (found === undefined) return undefined;
  const { of, end } = found;
  const isSame =
    of.sha256 === profile.sha256 &&
    of.rows === profile.rows &&
    of.delimiter === profile.delimiter &&
    of.quote === profile.quote;
  if (!isSame) return undefined;
  const byName = new Map(of.columns.map(({ name, recorded }) => [name.trim(), recorded]));
  const hasAll = needed.every((column) => fits(byName.get(column.name.trim()), column, asWords.has(column.name)));
  if (!hasAll) return undefined;
  const recorded = of.columns.map((column) => column.recorded);
  return {
    header: of.columns.map(({ name }) => name),
    sha256: of.sha256,
    groups: () => groupsOf(file, end, recorded),
  };
}

function fits(recorded: Recorded | undefined, { type, format }: ColumnProfile, asWords: boolean): boolean {
  if (recorded === undefined || recorded.as === 'nothing') return false;
  if (recorded.as === 'words') return true;
  return !asWords && recorded.type === type && format !== undefined && isReadAlike(recorded.format, format);
}

/** Whether a number or a time is the same by both. Without an order, the one has no time that depends on it. */
const isReadAlike = (one: ColumnFormat, other: ColumnFormat): boolean =>
  (one.decimal ?? '.') === (other.decimal ?? '.') &&
  (one.date_order === undefined || one.date_order === other.date_order) &&
  JSON.stringify(one.missing) === JSON.stringify(other.missing);

async function directoryOf(file: FileBytes): Promise<{ readonly of: Directory; readonly end: number } | undefined> {
  if (file.size < TAIL_BYTES) return undefined;
  const tail = bufferOf(await file.range(file.size - TAIL_BYTES, file.size));
  if (tail.length < TAIL_BYTES || !tail.subarray(HEADING_BYTES).equals(MARK)) return undefined;
  const end = file.size - TAIL_BYTES - tail.readUInt32LE(0);
  if (end < 0) return undefined;
  const text = bufferOf(await file.range(end, file.size - TAIL_BYTES));
  if (crc32(text) !== tail.readUInt32LE(4)) return undefined;
  const { data } = directory.safeParse(JSON.parse(text.toString()));
  return data && { of: data, end };
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

async function* groupsOf(file: FileBytes, end: number, recorded: readonly Recorded[]): AsyncGenerator<StoredRows> {
  const bytes = new Bytes(file);
  const columns = recorded.map(() => new StoredColumn());
  try {
    while (bytes.read < end) {
      const of = await headingOf(bytes);
      for (const [i, column] of columns.entries()) {
        const found = of.columns[i];
        if (!found) throw new ColumnsUnusableError('a group of the recorded columns lacks one');
        await bytes.into(column.room(found.bytes));
        column.take(found);
      }
      yield new StoredRows(of.rows, columns);
    }
  } finally {
    await bytes.close();
  }
}

async function headingOf(bytes: Bytes): Promise<Heading> {
  const sizes = Buffer.alloc(HEADING_BYTES);
  await bytes.into(sizes);
  const text = Buffer.alloc(Math.min(sizes.readUInt32LE(0), bytes.most));
  await bytes.into(text);
  if (crc32(text) !== sizes.readUInt32LE(4))
    throw new ColumnsUnusableError('a heading of the recorded columns is damaged');
  return heading.parse(JSON.parse(text.toString()));
}

/** Bytes of a stream, as many as are wanted at a time. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #isReleased: boolean;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;
  read = 0;
  /** The longest heading that is believed. */
  readonly most = 64 * 1_048_576;

  constructor(file: FileBytes) {
    this.#chunks = file[Symbol.asyncIterator]();
    this.#isReleased = file.isReleased === true;
  }

  async into(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      if (this.#at === this.#chunk.length) {
        if (this.#isReleased) release(this.#chunk);
        const next = await this.#chunks.next();
        if (next.done) throw new ColumnsUnusableError('the recorded columns end too early');
        this.#chunk = next.value;
        this.#at = 0;
      }
      const some = this.#chunk.subarray(this.#at, this.#at + target.length - filled);
      target.set(some, filled);
      filled += some.length;
      this.#at += some.length;
      this.read += some.length;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
