/**
 * How many bytes an account's files have, on its record: added and subtracted in the transactions that create and delete
 * the records of the files. The files of earlier versions, which did not count, are counted when it is first asked.
 */
import { datasetLists } from '../../datasets/lists.ts';
import { keys } from '../../keys.ts';
import { modelLists } from '../../models/lists.ts';
import type { Model } from '../../models/record.ts';
import { ConditionFailedError } from '../../ports/errors.ts';
import type { Condition, Table } from '../../ports/table/port.ts';
import { readAll } from '../../ports/table/read-all.ts';
import { getAccount } from '../read.ts';
import type { Account } from '../record.ts';

/** The counters of bytes on an account's record. */
export const STORED = ['dataset_bytes', 'model_bytes', 'prediction_bytes', 'log_bytes', 'encoder_bytes'] as const;
export type Stored = (typeof STORED)[number];

/** Of all files of an account. */
export const totalBytes = (of: Pick<Account, Stored>): number => sum(STORED.map((what) => of[what]));

/** Part of a change of the account's record. `bytes` is negative for what is deleted. */
export const addBytes = (what: Stored, bytes: number) => ({ [what]: bytes, storage_changes: 1 });

export const bytesOf = ({ artifacts }: Pick<Model, 'artifacts'>): number =>
  artifacts.reduce((sum, { size }) => sum + size, 0);

/** How often files are counted while others change them. */
const TRIES = 3;

/** Resolves with the record in which all files are counted, or as it was if they are changed all the time. */
export async function countStorage(table: Table, of: Account): Promise<Account> {
  let found = of;
  for (let tries = 0; tries < TRIES && !found.storage_counted; tries += 1) {
    const { pk: partition } = keys.account(of.id);
    const [datasets, models] = await Promise.all(
      [datasetLists, modelLists].map(({ prefix }) => readAll(table, { partition, prefix })),
    );
    const set = {
      dataset_bytes: sum(datasets!.map((item) => datasetLists.parse(item).file_size)),
      model_bytes: sum(models!.map((item) => bytesOf(modelLists.parse(item)))),
      storage_counted: true,
    };
    try {
      await table.update(keys.account(of.id), { set }, unchanged(found));
      return { ...found, ...set };
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      found = await getAccount(table, of.id);
    }
  }
  return found;
}

/** Nothing has been stored or deleted since the account was read. */
export const unchanged = ({ storage_changes: value }: Account): Condition => ({
  kind: 'all',
  of: [
    { kind: 'present' },
    value === undefined
      ? { kind: 'missing', attribute: 'storage_changes' }
      : { kind: 'compare', attribute: 'storage_changes', op: '=', value },
  ],
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
