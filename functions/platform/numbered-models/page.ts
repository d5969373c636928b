import { listModels } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { slicePage } from '../fields.ts';

export interface NumberedPage {
  readonly models: readonly Model[];
  readonly total: number;
}

/** One page of the account's models, newest first. */
export async function numberedPage(
  table: Table,
  accountId: string,
  {
    algorithm,
    page,
    limit,
  }: { readonly algorithm?: string | undefined; readonly page: number; readonly limit: number },
): Promise<NumberedPage> {
  const all = await listModels(table, accountId);
  const wanted = all
    .filter(({ model_type }) => algorithm === undefined || model_type === algorithm)
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.number - a.number);
  return { models: slicePage(wanted, { page, limit }), total: wanted.length };
}
