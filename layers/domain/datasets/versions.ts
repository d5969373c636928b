/**
 * Datasets of one name are versions of it, counted from 1. A counter by name remembers the latest, deleted or not, so that
 * no number is given twice.
 */
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { listNumbered, numberEarlier } from './number-earlier.ts';
import type { Dataset } from './record.ts';

/** How often a version is taken while other uploads of the same name take theirs. */
const TRIES = 30;
const AT_ONCE = 100;

/**
 * Calls `create` with the next version of the name and the write that takes it, until the transaction that has the write
 * as its last one succeeds.
 * @param indexes of that write in the transaction, and of others whose failure is answered by another try
 */
export async function withNextVersion<R>(
  table: Table,
  { account_id, name }: Pick<Dataset, 'account_id' | 'name'>,
  create: (version: number, take: Write) => Promise<R>,
  indexes: readonly number[],
): Promise<R> {
  const key = keys.datasetName(account_id, name);
  for (let tries = 0; tries < TRIES; tries++) {
    const known = (await table.get(key))?.version as number | undefined;
    // Numbering what earlier builds stored begins the counter of their name.
    const last = known ?? (await numberEarlier(table, account_id, name));
    const version = last + 1;
    const condition: Condition =
      last === 0 ? { kind: 'absent' } : { kind: 'compare', attribute: 'version', op: '=', value: last };
    try {
      return await create(version, { kind: 'put', item: { ...key, version }, condition });
    } catch (error) {
      if (!(error instanceof TransactionFailedError) || !indexes.some((one) => error.failed.includes(one))) throw error;
    }
  }
  throw new UnavailableError(`could not number a dataset of account ${account_id} in ${TRIES} tries`);
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
  const { records, nextCursor } = await listNumbered(table, account_id, wanted);
  // Those of one millisecond are listed in the order of their ids.
  return { versions: records.toSorted((a, b) => b.version - a.version), nextCursor };
}
