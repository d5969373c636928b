/**
 * Builds the lists that do not exist yet: empty ones for an account without records, and those of records that an
 * earlier release wrote without lists:
 *
 *     entries ── buckets ── (next list …) ── mark: the lists of this kind are complete
 *
 * A list exists from its first bucket on, and all of its buckets come in one transaction. Nothing that was read here has
 * changed by then, because whoever changes a record needs its lists first. So several calls can build the same list at
 * once, and a call that finds another's entries goes on from there.
 */
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { EMPTY, findBucket } from './bucket.ts';
import { entriesIn, type ListName, type ListSpec, listName, partitionOf, placesOf, positionOf } from './list.ts';
import { BUCKET_ENTRIES } from './split.ts';

/** Writes of a transaction beside the one that is not of an entry or a bucket. */
const BATCH = 99;
/** Transactions at once. */
const AT_ONCE = 8;
/**
 * Transactions of one call for a request, which has 29 seconds: DynamoDB may take only two transactions a second and
 * list.
 */
const OF_A_REQUEST = 200;

/** How many transactions may still be made. */
interface Budget {
  left: number;
}

/**
 * Afterwards the `wanted` lists exist, and those of all records that were written without lists. Throws
 * `UnavailableError` when there are too many such records for one request: each call takes it further.
 */
export async function ensureLists<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: readonly ListName[],
): Promise<void> {
  await buildLists(table, spec, accountId, { left: OF_A_REQUEST });
  await Promise.all(wanted.map((list) => build(table, spec, accountId, { list, entries: [] }, { left: 1 })));
}

/** Builds the lists of all records that were written without lists, however many: for callers that have the time. */
export async function buildLists<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  budget: Budget = { left: Number.POSITIVE_INFINITY },
): Promise<void> {
  const complete = keys.listsComplete(accountId, spec.kind);
  if ((await table.get(complete)) !== undefined) return;
  const { pk: partition } = spec.keyOf(accountId, '');
  const items = await readAll(table, { partition, prefix: spec.prefix });
  const lists = new Map<string, { list: ListName; entries: Entry[] }>();
  for (const record of items.map((item) => spec.parse(item))) {
    for (const { sort, part, position } of placesOf(spec, record)) {
      const name = listName(spec, { sort, part });
      const found = lists.get(name) ?? { list: { sort, part }, entries: [] };
      found.entries.push({ position, id: spec.idOf(record) });
      lists.set(name, found);
    }
  }
  for (const one of lists.values()) await build(table, spec, accountId, one, budget);
  await table.put({ ...complete });
}

interface Entry {
  readonly position: string;
  readonly id: string;
}

interface ToBuild {
  readonly list: ListName;
  readonly entries: readonly Entry[];
}

async function build(
  table: Table,
  spec: { readonly kind: string },
  accountId: string,
  { list, entries }: ToBuild,
  budget: Budget,
): Promise<void> {
  const partition = partitionOf(spec, accountId, list);
  if ((await findBucket(table, partition, '')) !== undefined) return;
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.position), Buffer.from(b.position)));
  try {
    await writeEntries(table, partition, sorted, budget);
    await table.transact([
      ...bucketsOf(partition, sorted),
      { kind: 'put', item: { ...keys.list(accountId, listName(spec, list)) } },
    ]);
  } catch (error) {
    // Another call has built it.
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}

/** Makes the entries of a list that does not exist yet these ones. */
async function writeEntries(table: Table, partition: string, entries: readonly Entry[], budget: Budget): Promise<void> {
  const present = new Set((await readAll(table, { partition, ...entriesIn({}) })).map(positionOf));
  const missing = entries.filter(({ position }) => !present.delete(position));
  const writes: Write[] = [
    ...missing.map(
      ({ position, id }): Write => ({ kind: 'put', item: { ...keys.listEntry(partition, position), id } }),
    ),
    // Of records that an earlier release deleted while the list was being built.
    ...[...present].map((position): Write => ({ kind: 'delete', key: keys.listEntry(partition, position) })),
  ];
  const unbuilt: Write = { kind: 'check', key: keys.listBucket(partition, ''), condition: { kind: 'absent' } };
  const batches = Array.from({ length: Math.ceil(writes.length / BATCH) }, (_, n) =>
    writes.slice(n * BATCH, (n + 1) * BATCH),
  );
  for (let start = 0; start < batches.length; start += AT_ONCE) {
    const next = batches.slice(start, start + AT_ONCE);
    budget.left -= next.length;
    if (budget.left < 0) {
      throw new UnavailableError(`a list of ${entries.length} records is being built: try again in a moment`);
    }
    await Promise.all(next.map((batch) => table.transact([unbuilt, ...batch])));
  }
}

function bucketsOf(partition: string, sorted: readonly Entry[]): Write[] {
  const size = Math.max(BUCKET_ENTRIES >> 1, Math.ceil(sorted.length / BATCH));
  const count = Math.max(1, Math.ceil(sorted.length / size));
  return Array.from({ length: count }, (_, n): Write => {
    const first = n === 0 ? '' : sorted[n * size]!.position;
    const item = {
      ...keys.listBucket(partition, first),
      ...EMPTY,
      count: sorted.slice(n * size, (n + 1) * size).length,
    };
    return { kind: 'put', item, condition: { kind: 'absent' } };
  });
}
