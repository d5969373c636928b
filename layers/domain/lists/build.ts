/**
 * Makes lists that are not there: empty ones of an account that has no records, and those of records that a release wrote
 * before there were lists. Several that do so at once do it once:
 *
 *     entries ── buckets, if there are none ── (next list …) ── mark
 *
 * A list is there from its first bucket on, which comes with all others in one transaction. Whoever changes a record
 * makes its lists first, so that nothing that was read here has changed when the buckets come.
 */
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { EMPTY, findBucket } from './bucket.ts';
import { bucketKey, entryKey, type ListName, type ListSpec, type Place, partitionOf, placesOf } from './list.ts';
import { BUCKET_ENTRIES } from './split.ts';

/** Writes of a transaction, the check of the bucket not counted. */
const BATCH = 99;

const markOf = (spec: { readonly name: string }, accountId: string) => ({
  pk: keys.account(accountId).pk,
  sk: `LISTS#${spec.name}`,
});

/** After it, `wanted` exists, and with it every list of records from before there were lists. */
export async function ensureLists<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: ListName,
): Promise<void> {
  const mark = markOf(spec, accountId);
  if ((await table.get(mark)) === undefined) {
    const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: spec.prefix });
    const lists = new Map<string, { place: Place; id: string }[]>();
    for (const record of items.map((item) => spec.parse(item))) {
      for (const place of placesOf(spec, record)) {
        const partition = partitionOf(spec, accountId, place);
        const entries = lists.get(partition) ?? [];
        entries.push({ place, id: spec.idOf(record) });
        lists.set(partition, entries);
      }
    }
    for (const [partition, entries] of lists) await build(table, partition, entries);
    await table.put({ ...mark, built: true });
  }
  const partition = partitionOf(spec, accountId, wanted);
  if ((await findBucket(table, partition, '')) === undefined) await build(table, partition, []);
}

async function build(
  table: Table,
  partition: string,
  entries: readonly { readonly place: Place; readonly id: string }[],
): Promise<void> {
  const absent = { kind: 'absent' } as const;
  const first = bucketKey(partition, '');
  const sorted = entries.toSorted((a, b) =>
    Buffer.compare(Buffer.from(a.place.position), Buffer.from(b.place.position)),
  );
  const buckets: Write[] = [];
  const size = Math.max(BUCKET_ENTRIES >> 1, Math.ceil(sorted.length / BATCH));
  for (let start = 0; start === 0 || start < sorted.length; start += size) {
    const count = Math.min(size, sorted.length - start);
    const key = start === 0 ? first : bucketKey(partition, sorted[start]!.place.position);
    buckets.push({ kind: 'put', item: { ...key, ...EMPTY, count }, condition: absent });
  }
  try {
    for (let start = 0; start < sorted.length; start += BATCH) {
      const batch = sorted.slice(start, start + BATCH);
      await table.transact([
        { kind: 'check', key: first, condition: absent },
        ...batch.map(({ place, id }): Write => ({ kind: 'put', item: { ...entryKey(partition, place.position), id } })),
      ]);
    }
    await table.transact(buckets);
  } catch (error) {
    // Somebody else was faster.
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
