import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { type TrainingFile, trainingFile } from './record.ts';

export async function findTrainingFile(
  table: Table,
  accountId: string,
  name: string,
): Promise<TrainingFile | undefined> {
  const item = await table.get(keys.trainingData(accountId, name));
  return item && trainingFile.parse(item);
}

export interface TrainingFilePage {
  readonly files: readonly TrainingFile[];
  readonly cursor?: string | undefined;
}

/** By name. Throws `InvalidCursorError`. */
export async function listTrainingFiles(
  table: Table,
  accountId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<TrainingFilePage> {
  const { pk } = keys.trainingData(accountId, '');
  const of = { partition: pk, prefix: prefixes.trainingData, limit };
  const page = await table.query({ ...of, ...(cursor === undefined ? {} : { cursor }) });
  return { files: page.items.map((item) => trainingFile.parse(item)), cursor: page.cursor };
}
