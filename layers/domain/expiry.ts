/** What has ended is stored for so long, with its metrics; then it is deleted. Models stay. */
import { ConflictError, NotFoundError } from './errors.ts';
import { indexes } from './keys.ts';
import { deleteListed } from './lists/change.ts';
import type { ListSpec } from './lists/list.ts';
import { TransactionFailedError } from './ports/errors.ts';
import type { Item, Table } from './ports/table/port.ts';
import { deleteBatch } from './predictions/endings.ts';
import { sweepLists } from './sweeps/lists.ts';
import { getSweep } from './sweeps/store.ts';
import { isoTime } from './times.ts';
import { jobLists } from './training/lists.ts';
import { getJob } from './training/read.ts';

const DAY_MS = 86_400_000;
/** Of one kind in one call: the next call deletes the next. */
const AT_ONCE = 100;

interface Owned {
  readonly account_id: string;
  readonly id: string;
}

/** What deletes each kind, by its place in the index. */
const KINDS: Readonly<Record<string, (table: Table, of: Owned, now: number) => Promise<void>>> = {
  [indexes.endedJobs]: (table, of) => deleteRecord(table, jobLists, of, getJob),
  [indexes.endedSweeps]: (table, of) => deleteRecord(table, sweepLists, of, getSweep),
  // With its file.
  [indexes.endedBatches]: (table, { account_id, id }, now) => deleteBatch(table, account_id, id, now),
};

/** Deletes what ended more than so many days ago; resolves with how much. 0 days: none ever. */
export async function expireEnded(table: Table, days: number, now: number): Promise<number> {
  if (days === 0) return 0;
  const to = isoTime(now - days * DAY_MS);
  let expired = 0;
  for (const [partition, remove] of Object.entries(KINDS)) {
    const { items } = await table.query({ index: 'byIndex', partition, from: '0', to, limit: AT_ONCE });
    for (const item of items) await unlessGone(() => remove(table, ownedOf(item), now));
    expired += items.length;
  }
  return expired;
}

const ownedOf = ({ account_id, id }: Item): Owned => ({ account_id: String(account_id), id: String(id) });

const deleteRecord = <R>(
  table: Table,
  lists: ListSpec<R>,
  { account_id, id }: Owned,
  read: (table: Table, accountId: string, id: string) => Promise<R>,
): Promise<void> =>
  deleteListed(
    table,
    lists,
    account_id,
    () => read(table, account_id, id),
    () => [{ kind: 'delete', key: lists.keyOf(account_id, id), condition: { kind: 'present' } }],
  );

/** Another sweep, its owner, or the deletion of its account was faster. */
async function unlessGone(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    const isGone = [TransactionFailedError, NotFoundError, ConflictError].some((kind) => error instanceof kind);
    if (!isGone) throw error;
  }
}
