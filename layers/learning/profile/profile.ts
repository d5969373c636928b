/** Profiles a file in one pass over its bytes. */
import { createHash, type Hash } from 'node:crypto';
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { fileFault } from '../csv/fault.ts';
import { readCsv } from '../csv/read.ts';
import { ColumnSummary } from './column.ts';
import { chooseTarget, TARGET_BOUNDS, taskOf } from './target.ts';

export interface ProfileOptions {
  /** The name of the target column, if one was requested. */
  readonly target?: string;
  readonly task: Task | 'auto';
}

/**
 * Reads a CSV file to its end. Memory depends on the number of columns, not on the number of rows.
 * @throws ValidationError with field `file` or `target`
 */
export async function profileCsv(bytes: AsyncIterable<Uint8Array>, options: ProfileOptions): Promise<DatasetProfile> {
  const hash = createHash('sha256');
  const { dialect, header, rows: records } = await readCsv(hashed(bytes, hash));
  const targetIndex = chooseTarget(header, options.target);
  const columns = header.map((name, i) => new ColumnSummary(name, ...(i === targetIndex ? [TARGET_BOUNDS] : [])));
  let rows = 0;
  for await (const record of records) {
    rows++;
    for (let i = 0; i < columns.length; i++) columns[i]!.add(record[i]!, rows);
  }
  const target = columns[targetIndex]!;
  const task = taskOf(target, options.task);
  const features = columns.filter((column) => column !== target);
  if (features.every((column) => column.type === 'text')) {
    throw fileFault(
      `must have at least 1 feature of numbers, categories, truth values or times; got ${features.length}, all text or empty`,
    );
  }
  return {
    rows,
    columns: columns.map((column) => column.profile()),
    features: features.map((column) => column.name),
    target: target.name,
    task,
    ...(task === 'classification' ? { classes: target.counts.top() } : {}),
    rows_without_target: target.missing,
    ...dialect,
    sha256: hash.digest('hex'),
  };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
