import { readyAsRead, whyNotReady } from '../datasets/use.ts';
import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { transactListed } from '../lists/change.ts';
import { beginUse, endUse } from '../models/in-use.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Item, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { listSweeps, sweepLists } from './lists.ts';
import { type Sweep, sweep, sweepBase } from './record.ts';

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

/** The ids of the account's running sweeps of a dataset, as far as they are among its latest. */
export async function runningSweepsOf(table: Table, accountId: string, dataset_id: string): Promise<string[]> {
  const filters = { status: 'running', dataset_id };
  const { records } = await listSweeps(table, accountId, { limit: LIMITS.pageSize, filters });
  return records.map(({ id }) => id);
}

/** Throws `NotFoundError` if the dataset or the model to start from is deleted, `ConflictError` if it is not ready or was read in another way since. */
export async function createSweep(table: Table, given: Omit<Sweep, 'holds_dataset'>): Promise<Sweep> {
  const created: Sweep = { ...given, holds_dataset: true };
  try {
    await transactListed(table, sweepLists, created.account_id, { after: created }, [
      { kind: 'put', item: itemOf(created), condition: { kind: 'absent' } },
      ...hold(created),
    ]);
    return created;
  } catch (error) {
    throw (await refused(table, created, error)) ?? error;
  }
}

/**
 * Replaces the record. `undefined`: it has changed since it was read. One that goes on holds its dataset from now on, if
 * it did not: throws as `createSweep` does where that is not possible.
 */
export async function replaceSweep(table: Table, read: Sweep, changed: Sweep): Promise<Sweep | undefined> {
  const held = read.holds_dataset;
  const rest = { ...without(changed), revision: read.revision + 1 };
  const after: Sweep = rest.status === 'running' ? { ...rest, holds_dataset: true } : rest;
  const put: Write = {
    kind: 'put',
    item: itemOf(after),
    condition: { kind: 'compare', attribute: 'revision', op: '=', value: read.revision },
  };
  try {
    await table.transact(after.holds_dataset === held ? [put] : [put, ...(held ? release(after) : hold(after))]);
    return after;
  } catch (error) {
    const why = await refused(table, after, error);
    // While its account is being deleted, a dataset may go before its sweep.
    if (why && held) return replaceSweep(table, without(read), changed);
    if (why) throw why;
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}

const without = ({ holds_dataset, ...rest }: Sweep): Sweep => rest;

const hold = (of: Sweep): Write[] => [
  {
    kind: 'update',
    key: keys.dataset(of.account_id, of.dataset_id),
    change: { add: { in_use: 1 } },
    condition: readyAsRead(of.read_at),
  },
  ...startOf(of).map((id) => beginUse(of.account_id, id)),
];

const release = (of: Sweep): Write[] => [
  {
    kind: 'update',
    key: keys.dataset(of.account_id, of.dataset_id),
    change: { add: { in_use: -1 } },
    condition: { kind: 'present' },
  },
  ...startOf(of).map((id) => endUse(of.account_id, id)),
];

const startBase = sweepBase.pick({ parent_id: true });

/** The model that its trials start from, if they do. */
const startOf = ({ base }: Sweep): string[] => {
  const { parent_id } = startBase.parse(base);
  return parent_id === undefined ? [] : [parent_id];
};

/** Where only the dataset, or the model to start from, could not be held. */
async function refused(table: Table, of: Sweep, error: unknown): Promise<Error | undefined> {
  if (!(error instanceof TransactionFailedError) || error.failed.includes(0)) return undefined;
  if (error.failed.includes(1)) return whyNotReady(table, of.account_id, of.dataset_id);
  const [start] = startOf(of);
  return start !== undefined && error.failed.includes(2) ? new NotFoundError(`Model ${start} not found`) : undefined;
}
