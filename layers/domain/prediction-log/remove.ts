/** Deletes the records of a model's log, once the model is deleted; its files lie below the model, and go with those. */
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';

/** As many as a transaction takes. */
const PAGE = 100;

/** What a crash leaves behind expires. */
export async function removeLog(table: Table, accountId: string, modelId: string): Promise<void> {
  const { pk: partition } = keys.logDay(accountId, modelId, '');
  for (const prefix of [prefixes.feedback(modelId), prefixes.logFiles(modelId), prefixes.logDays(modelId)]) {
    for (;;) {
      const { items } = await table.query({ partition, prefix, limit: PAGE });
      if (items.length === 0) break;
      await table.transact(items.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk } })));
    }
  }
}
