/** Profiles a file in one pass over its rows. */
import { deserialize, serialize } from 'node:v8';
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { RECORDED_BYTES } from '../columns/layout.ts';
import type { StoreColumns } from '../columns/write.ts';
import { givenDialect } from '../csv/dialect.ts';
import { storedFormat } from '../files/format.ts';
import { readTable, type TablePosition } from '../files/open.ts';
import { type FileHash, plainHash, type TableBytes } from '../files/source-bytes.ts';
import { expectColumns } from './expect.ts';
import { ReadRows } from './read-rows.ts';
import { type TableState, TableSummary } from './table.ts';

export interface ProfileOptions {
  /** The name of the target column, if one was requested. */
  readonly target?: string;
  readonly task: Task | 'auto';
  readonly parsing?: ParsingOptions;
  /** What the file is called: it may say another format than its content. */
  readonly fileName?: string;
}

/**
 * Reads a table of any format to its end. Memory depends on the number of columns, not on the number of rows.
 * @throws ValidationError with field `file`, `target` or `columns`
 */
export async function profileCsv(bytes: TableBytes, options: ProfileOptions): Promise<DatasetProfile> {
  const { profile } = await profileInParts(bytes, options, { isDue: () => false, hash: async () => plainHash() });
  return profile!;
}

/** How a reading that takes long is divided. */
export interface Parts {
  /** Whether this part is to end. */
  readonly isDue: () => boolean;
  /** What an earlier part has returned. */
  readonly checkpoint?: Uint8Array | undefined;
  /** A hash that goes on from what it has saved. */
  readonly hash: (saved?: Uint8Array) => Promise<FileHash>;
  /** How many threads read columns. Default: 1. */
  readonly threads?: number;
  /** Stores what the columns of a large table are read as, for trainings. Default: nobody does. */
  readonly storeColumns?: StoreColumns;
}

/** The profile, or what the next part goes on with. */
export type Profiled =
  | { readonly profile: DatasetProfile; readonly checkpoint?: undefined }
  | { readonly profile?: undefined; readonly checkpoint: Uint8Array };

/** With what a reading of the same file goes on. */
interface Checkpoint {
  readonly version: number;
  readonly position: TablePosition;
  readonly table: TableState;
}

/** Changes with what checkpoints hold. Those of other versions are not used, and the file is read from its beginning. */
const VERSION = 2;

/**
 * The same in parts: the profile does not depend on where they end.
 * @throws ValidationError with field `file`, `target` or `columns`
 */
export async function profileInParts(bytes: TableBytes, options: ProfileOptions, parts: Parts): Promise<Profiled> {
  const { task, parsing = {}, fileName } = options;
  const from = parts.checkpoint && opened(parts.checkpoint);
  const saved = from?.position.hash;
  const hash = await parts.hash(typeof saved === 'string' ? undefined : saved);
  const dialect = givenDialect(parsing);
  await using rows = new ReadRows(parts.threads, 'size' in bytes ? bytes.size : 0);
  const read = await readTable(bytes, { dialect, hash, from: from?.position });
  expectColumns(read.header, parsing);
  const target = chosenTarget(parsing) ?? options.target;
  const table = new TableSummary(read.header, { target, parsing });
  if (from) table.restore(from.table);
  const isRecorded = !from && read.format !== 'parquet' && 'size' in bytes && bytes.size >= RECORDED_BYTES;
  if (isRecorded && parts.storeColumns) rows.record(table, read.header.length, parts.storeColumns);
  for await (const batch of read.groups ?? read.batches) {
    await rows.add(table, batch);
    const position = parts.isDue() ? read.position() : undefined;
    if (position === undefined) continue;
    await rows.end(table);
    const checkpoint: Checkpoint = { version: VERSION, position, table: table.state };
    return { checkpoint: serialize(checkpoint) };
  }
  await rows.end(table);
  const { format, compression, rival, preamble, renamed } = read;
  const stored = storedFormat({ format, compression });
  const profile = {
    ...table.profile(task, { ...stored, ...read.dialect, rival, preamble, renamed, fileName }),
    ...stored,
    ...read.dialect,
    sha256: read.digest(),
  };
  await rows.endRecording({ sha256: profile.sha256, rows: profile.rows, ...read.dialect }, read.header);
  return { profile };
}

function opened(checkpoint: Uint8Array): Checkpoint | undefined {
  let found: Checkpoint;
  try {
    found = deserialize(checkpoint);
  } catch {
    // Of a version of Node.js whose format is another one.
    return undefined;
  }
  return found.version === VERSION ? found : undefined;
}
