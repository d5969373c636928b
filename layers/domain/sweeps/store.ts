import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import { transactListed } from '../lists/change.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Item, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { sweepLists } from './lists.ts';
import { type Sweep, sweep } from './record.ts';

export async function findSweep(table: Table, accountId: string, id: string): Promise<Sweep | undefined> {
  const item = await table.get(keys.sweep(accountId, id));
  return item && sweep.parse(item);
}

/** Throws `NotFoundError`, also for one of another account. */
export async function getSweep(table: Table, accountId: string, id: string): Promise<Sweep> {
  const found = await findSweep(table, accountId, id);
  if (!found) throw new NotFoundError(`Sweep ${id} not found`);
  return found;
}

/** The running ones of all accounts, oldest first. */
export async function listRunningSweeps(table: Table): Promise<Sweep[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.runningSweeps });
  return items.map((item) => sweep.parse(item));
}

const itemOf = (of: Sweep): Item => ({
  ...keys.sweep(of.account_id, of.id),
  ...of,
  ...(of.status === 'running'
    ? { ipk: indexes.runningSweeps, isk: of.created_at }
    : { ipk: indexes.endedSweeps, isk: of.ended_at ?? of.created_at }),
});

export async function createSweep(table: Table, created: Sweep): Promise<void> {
  await transactListed(table, sweepLists, created.account_id, { after: created }, [
    { kind: 'put', item: itemOf(created), condition: { kind: 'absent' } },
  ]);
}

/** Replaces the record. `undefined`: it has changed since it was read. */
export async function replaceSweep(table: Table, read: Sweep, changed: Sweep): Promise<Sweep | undefined> {
  const after = { ...changed, revision: read.revision + 1 };
  try {
    await table.transact([
      {
        kind: 'put',
        item: itemOf(after),
        condition: { kind: 'compare', attribute: 'revision', op: '=', value: read.revision },
      },
    ]);
    return after;
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}
