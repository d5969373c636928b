import type { Item, Query, Table } from './port.ts';

/** Every item of a partition. Only for partitions of bounded size. */
export async function readAll(table: Table, query: Omit<Query, 'limit' | 'cursor'>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}
