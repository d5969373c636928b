/** Deletes the records of a model's log: once the model is deleted, whose files go with it, or a day's when it expires. */
import { z } from 'zod';
import { keys, prefixes } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Item, Table } from '../ports/table/port.ts';
import { countLog } from './files.ts';

/** As many as a transaction takes, with one for the account. */
const PAGE = 99;

/** Those of earlier builds were not counted. */
const counted = z.object({ stored_bytes: z.number().int().default(0) });

/** What a crash leaves behind expires. */
export async function removeLog(table: Table, accountId: string, modelId: string): Promise<void> {
  const { pk: partition } = keys.logDay(accountId, modelId, '');
  const { sk: driftCheck } = keys.driftCheck(accountId, modelId);
  const days = prefixes.logDays(modelId);
  for (const prefix of [prefixes.feedback(modelId), prefixes.logFiles(modelId), days, driftCheck]) {
    for (;;) {
      const { items } = await table.query({ partition, prefix, limit: PAGE });
      if (items.length === 0) break;
      await remove(table, accountId, items);
    }
  }
}

async function remove(table: Table, accountId: string, items: readonly Item[]): Promise<void> {
  const bytes = items.reduce((sum, item) => sum + counted.parse(item).stored_bytes, 0);
  const deletions = items.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk } }) as const);
  await table.transact([...deletions, ...(bytes === 0 ? [] : [countLog(accountId, -bytes)])]);
}

/** In the key of a day's files, as `blobKeys.logPrefix` makes it. */
const DAY_PREFIX = /^([^/]+)\/models\/([^/]+)\/log\/([^/]+)\/$/;

/**
 * Of the files of a day, which are about to be deleted: their bytes no longer count. Of other prefixes, nothing; what was
 * subtracted before is not subtracted again.
 */
export async function removeLogDay(table: Table, prefix: string): Promise<void> {
  const [, accountId, modelId, day] = DAY_PREFIX.exec(prefix) ?? [];
  if (accountId === undefined || modelId === undefined || day === undefined) return;
  const key = keys.logDay(accountId, modelId, day);
  const item = await table.get(key);
  if (!item) return;
  try {
    await table.transact([
      { kind: 'delete', key, condition: { kind: 'present' } },
      countLog(accountId, -counted.parse(item).stored_bytes),
    ]);
  } catch (error) {
    // Somebody else did, or the account is gone.
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
