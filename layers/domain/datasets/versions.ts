/**
 * Datasets of one name are versions of it, counted from 1. A counter by name remembers the latest, deleted or not, so that
 * no number is given twice.
 */
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { listDatasets } from './lists.ts';
import type { Dataset } from './record.ts';

/** How often a version is taken while other uploads of the same name take theirs. */
const TRIES = 30;
/** Of one page; names that differ in case only are looked through as well. */
const AT_ONCE = 100;

/**
 * Calls `create` with the next version of the name and the write that takes it, until the transaction that has the write
 * as its last one succeeds.
 * @param index of that write in the transaction
 */
export async function withNextVersion<R>(
  table: Table,
  { account_id, name }: Pick<Dataset, 'account_id' | 'name'>,
  create: (version: number, take: Write) => Promise<R>,
  index: number,
): Promise<R> {
  const key = keys.datasetName(account_id, name);
  for (let tries = 0; tries < TRIES; tries++) {
    const known = (await table.get(key))?.version as number | undefined;
    // The counter of a name that only earlier builds knew begins here.
    const version = (known ?? (await earlierVersion(table, account_id, name))) + 1;
    const condition: Condition =
      known === undefined ? { kind: 'absent' } : { kind: 'compare', attribute: 'version', op: '=', value: known };
    try {
      return await create(version, { kind: 'put', item: { ...key, version }, condition });
    } catch (error) {
      if (!(error instanceof TransactionFailedError) || !error.failed.includes(index)) throw error;
    }
  }
  throw new UnavailableError(`could not number a dataset of account ${account_id} in ${TRIES} tries`);
}

async function earlierVersion(table: Table, accountId: string, name: string): Promise<number> {
  const wanted = { sort: 'name', order: 'ascending', limit: 1, filters: { name } } as const;
  let cursor: string | undefined;
  do {
    const page = await listDatasets(table, accountId, { ...wanted, cursor });
    if (page.records.length > 0) return 1;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return 0;
}

export interface VersionsPage {
  readonly versions: readonly Dataset[];
  readonly nextCursor: string | null;
}

/** A page of the versions of a dataset's name, the latest first. */
export async function listVersions(
  table: Table,
  { account_id, name }: Dataset,
  { limit = AT_ONCE, cursor }: { readonly limit?: number; readonly cursor?: string | undefined },
): Promise<VersionsPage> {
  const wanted = { sort: 'name', order: 'descending', limit, cursor, filters: { name } } as const;
  const { records, nextCursor } = await listDatasets(table, account_id, wanted);
  // Those of one millisecond are listed in the order of their ids.
  return { versions: records.toSorted((a, b) => b.version - a.version), nextCursor };
}
