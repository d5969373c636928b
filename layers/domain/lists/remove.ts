import { keys, listPartition, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';

const BATCH = 100;

/**
 * Deletes all lists of an account whose records are deleted too. Nothing may write to them any more. A call that was
 * interrupted can be repeated.
 */
export async function deleteLists(table: Table, accountId: string): Promise<void> {
  const { pk } = keys.account(accountId);
  for (const { sk } of await readAll(table, { partition: pk, prefix: prefixes.lists })) {
    const partition = listPartition(accountId, sk.slice(prefixes.lists.length));
    for (;;) {
      const { items } = await table.query({ partition, limit: BATCH });
      if (items.length === 0) break;
      await table.transact(items.map((item) => ({ kind: 'delete', key: { pk: item.pk, sk: item.sk } })));
    }
    await table.delete({ pk, sk });
  }
  const marks = await readAll(table, { partition: pk, prefix: prefixes.listsComplete });
  await Promise.all(marks.map((mark) => table.delete({ pk, sk: mark.sk })));
}
