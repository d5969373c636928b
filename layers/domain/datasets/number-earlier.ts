/**
 * Earlier builds stored datasets without versions. Those of one name are numbered when somebody first asks for one of
 * them, in the order in which they were uploaded: 1 is the oldest.
 */
import { keys } from '../keys.ts';
import { type RecordsPage, readRecords } from '../lists/records.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { type DatasetsWanted, datasetLists, listDatasets } from './lists.ts';
import { type Dataset, UNNUMBERED } from './record.ts';

/** A page of an account's datasets, all with their versions. Throws `ValidationError`, as `listDatasets` does. */
export async function listNumbered(
  table: Table,
  accountId: string,
  wanted: DatasetsWanted,
): Promise<RecordsPage<Dataset>> {
  const page = await listDatasets(table, accountId, wanted);
  const names = new Set(page.records.flatMap(({ version, name }) => (version === UNNUMBERED ? [name] : [])));
  if (names.size === 0) return page;
  for (const name of names) await numberEarlier(table, accountId, name);
  return listDatasets(table, accountId, wanted);
}

/** Of one page; names that differ in case only are looked through as well. */
const AT_ONCE = 100;

/**
 * Done again, it changes nothing. Where a later build has numbered an upload of this name already, the second and further
 * ones of the earlier build come after that: no number is given twice.
 * @returns the largest number that there is or was; 0 if nothing has the name
 */
export async function numberEarlier(table: Table, accountId: string, name: string): Promise<number> {
  const all = await datasetsOf(table, accountId, name);
  const key = keys.datasetName(accountId, name);
  const known = (await table.get(key))?.version as number | undefined;
  const given = new Set(all.map(({ version }) => version));
  let last = known ?? Math.max(UNNUMBERED, ...given);
  for (const one of all.filter(({ version }) => version === UNNUMBERED)) {
    const isFirst = known !== undefined && !given.has(1);
    const version = isFirst ? 1 : last + 1;
    if (!(await number(table, one, version, isFirst ? [] : [counted(key, last, version)]))) {
      // Somebody else numbers them at this moment, and has the same order.
      return numberEarlier(table, accountId, name);
    }
    given.add(version);
    last = Math.max(last, version);
  }
  return last;
}

/** The oldest first. */
async function datasetsOf(table: Table, accountId: string, name: string): Promise<Dataset[]> {
  const wanted = { sort: 'name', order: 'ascending', limit: AT_ONCE, filters: { name } } as const;
  const found: Dataset[] = [];
  let cursor: string | undefined;
  do {
    const page = await readRecords(table, datasetLists, accountId, { ...wanted, cursor });
    found.push(...page.records);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.sort((a, b) => (a.uploaded_at + a.id < b.uploaded_at + b.id ? -1 : 1));
}

/** Whether it was still without a version. What was deleted needs none. */
async function number(table: Table, of: Dataset, version: number, also: readonly Write[]): Promise<boolean> {
  const key = keys.dataset(of.account_id, of.id);
  const condition: Condition = { kind: 'all', of: [{ kind: 'present' }, { kind: 'missing', attribute: 'version' }] };
  try {
    await table.transact([{ kind: 'update', key, change: { set: { version } }, condition }, ...also]);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailedError) return false;
    throw error;
  }
}

/** The counter of the name goes with the last number. */
const counted = (key: ReturnType<typeof keys.datasetName>, before: number, version: number): Write => ({
  kind: 'put',
  item: { ...key, version },
  condition:
    before === UNNUMBERED
      ? { kind: 'absent' }
      : {
          kind: 'any',
          of: [{ kind: 'absent' }, { kind: 'compare', attribute: 'version', op: '=', value: before }],
        },
});
