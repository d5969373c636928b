/** Profiles a file in one pass over its rows. */
import { chosenTarget, type ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { givenDialect } from '../csv/dialect.ts';
import { storedFormat } from '../files/format.ts';
import { readTable, type TableBytes } from '../files/open.ts';
import { expectColumns } from './expect.ts';
import { TableSummary } from './table.ts';

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
  const { task, parsing = {}, fileName } = options;
  const { format, compression, dialect, rival, header, batches, digest } = await readTable(
    bytes,
    givenDialect(parsing),
  );
  expectColumns(header, parsing);
  const target = chosenTarget(parsing) ?? options.target;
  const table = new TableSummary(header, { target, parsing });
  for await (const batch of batches) table.addBatch(batch);
  const stored = storedFormat({ format, compression });
  return {
    ...table.profile(task, { ...stored, ...dialect, rival, fileName }),
    ...stored,
    ...dialect,
    sha256: digest(),
  };
}
