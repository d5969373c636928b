/** Profiles a file in one pass over its bytes. */
import { createHash, type Hash } from 'node:crypto';
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { openOptions } from '../csv/dialect.ts';
import { readCsv } from '../csv/read.ts';
import { expectColumns } from './expect.ts';
import { TableSummary } from './table.ts';

export interface ProfileOptions {
  /** The name of the target column, if one was requested. */
  readonly target?: string;
  readonly task: Task | 'auto';
  readonly parsing?: ParsingOptions;
}

/**
 * Reads a CSV file to its end. Memory depends on the number of columns, not on the number of rows.
 * @throws ValidationError with field `file`, `target` or `columns`
 */
export async function profileCsv(bytes: AsyncIterable<Uint8Array>, options: ProfileOptions): Promise<DatasetProfile> {
  const { task, parsing = {} } = options;
  const hash = createHash('sha256');
  const { dialect, rival, header, rows: records } = await readCsv(hashed(bytes, hash), openOptions(parsing));
  expectColumns(header, parsing);
  const target = chosenTarget(parsing) ?? options.target;
  const table = new TableSummary(header, { target, parsing });
  for await (const record of records) table.add(record);
  return { ...table.profile(task, { ...dialect, rival }), ...dialect, sha256: hash.digest('hex') };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
