/** How lists change together with a record: in its transaction. */
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { type Bucket, findBucket } from './bucket.ts';
import { ensureLists } from './build.ts';
import { type ListSpec, type Place, partitionOf, placesOf } from './list.ts';
import { removeEmpty, splitGrown } from './split.ts';

/** A record as it is stored and as it will be; one of them is absent where it is created or deleted. */
export interface ListChange<R> {
  readonly before?: R;
  readonly after?: R;
}

/** How often a transaction is tried while others change the borders of the same buckets. */
const TRIES = 30;

interface Move extends Place {
  readonly partition: string;
  readonly by: 1 | -1;
}

/**
 * Makes the writes and moves the record's entries, in one transaction. Throws `TransactionFailedError`: with the indices
 * of those of `writes` whose conditions failed, or with none where the stored record is not in the places of `before`
 * any more; then read it again.
 */
export async function transactListed<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  { before, after }: ListChange<R>,
  writes: readonly Write[],
): Promise<void> {
  const [left, entered] = [movesOf(spec, accountId, before, -1), movesOf(spec, accountId, after, 1)];
  const moves = [...without(left, entered), ...without(entered, left)];
  const id = spec.idOf((after ?? before)!);
  try {
    await transactMoves(table, spec, accountId, { moves, id }, writes);
  } catch (error) {
    if (!(error instanceof TransactionFailedError) || error.failed.length > 0 || before === undefined) throw error;
    if (!(await addMissing(table, spec, accountId, before))) throw error;
    await transactMoves(table, spec, accountId, { moves, id }, writes);
  }
}

/** Deletes a record with its entries and makes its writes, in one transaction. `read` throws if there is no record. */
export async function deleteListed<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  read: () => Promise<R>,
  writesOf: (record: R) => readonly Write[],
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const before = await read();
      await transactListed(table, spec, accountId, { before }, writesOf(before));
      return;
    } catch (error) {
      if (!(error instanceof TransactionFailedError) || error.failed.length > 0) throw error;
    }
  }
  throw new UnavailableError(`a record of account ${accountId} was changed ${TRIES} times while it was being deleted`);
}

/**
 * Adds a stored record to those of its lists that it is missing from. An earlier release, which knows no lists, may have
 * written it after they were built: a training that went on while this release was deployed. False if none was missing.
 */
export async function addMissing<R>(table: Table, spec: ListSpec<R>, accountId: string, record: R): Promise<boolean> {
  const id = spec.idOf(record);
  const key = spec.keyOf(accountId, id);
  const all = movesOf(spec, accountId, record, 1);
  const present = await table.getMany(all.map(({ partition, position }) => keys.listEntry(partition, position)));
  const moves = all.filter((_, index) => present[index] === undefined);
  if (moves.length === 0) return false;
  const item = await table.get(key);
  if (item === undefined || without(all, movesOf(spec, accountId, spec.parse(item), 1)).length > 0) return false;
  const stored: Write = { kind: 'check', key, condition: { kind: 'present' } };
  await transactMoves(table, spec, accountId, { moves, id }, [stored]);
  return true;
}

async function transactMoves<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  { moves, id }: { readonly moves: readonly Move[]; readonly id: string },
  writes: readonly Write[],
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const buckets = await bucketsOf(table, spec, accountId, moves);
    const listed = merged(moves.flatMap((move, index) => writesOf(move, buckets[index]!, id)));
    try {
      await table.transact([...writes, ...listed]);
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      const own = error.failed.filter((index) => index < writes.length);
      const isEntry = (index: number) => listed[index - writes.length]?.kind !== 'update';
      if (own.length > 0 || error.failed.some(isEntry)) throw new TransactionFailedError(own);
      // The borders of a bucket have changed.
      continue;
    }
    const moved = moves.map((move, index) => ({ ...move, bucket: buckets[index]! }));
    await Promise.all([splitGrown(table, moved), removeEmpty(table, moved)]);
    return;
  }
  throw new UnavailableError(`lists of account ${accountId} were changed by others ${TRIES} times in a row`);
}

const movesOf = <R>(spec: ListSpec<R>, accountId: string, record: R | undefined, by: 1 | -1): Move[] =>
  record === undefined
    ? []
    : placesOf(spec, record).map((place) => ({ ...place, by, partition: partitionOf(spec, accountId, place) }));

/** Entries that stay where they are do not move. */
const without = (moves: readonly Move[], others: readonly Move[]): Move[] =>
  moves.filter(
    ({ partition, position }) => !others.some((other) => other.partition === partition && other.position === position),
  );

async function bucketsOf<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  moves: readonly Move[],
): Promise<Bucket[]> {
  const find = () => Promise.all(moves.map(({ partition, position }) => findBucket(table, partition, position)));
  const found = await find();
  const absent = moves.filter((_, index) => found[index] === undefined);
  if (absent.length === 0) return found as Bucket[];
  await ensureLists(table, spec, accountId, absent);
  return (await find()) as Bucket[];
}

function writesOf({ partition, position, by }: Move, { first, splits }: Bucket, id: string): Write[] {
  const entry = keys.listEntry(partition, position);
  const sameBorders: Condition = { kind: 'compare', attribute: 'splits', op: '=', value: splits };
  return [
    by === 1
      ? { kind: 'put', item: { ...entry, id }, condition: { kind: 'absent' } }
      : { kind: 'delete', key: entry, condition: { kind: 'present' } },
    {
      kind: 'update',
      key: keys.listBucket(partition, first),
      change: { add: { count: by, changes: 1 } },
      condition: sameBorders,
    },
  ];
}

/** A transaction writes an item once: an entry that moves within a bucket does not change its count. */
function merged(writes: readonly Write[]): Write[] {
  const byKey = new Map<string, Write>();
  for (const write of writes) {
    const { pk, sk } = write.kind === 'put' ? write.item : write.key;
    const key = JSON.stringify([pk, sk]);
    const other = byKey.get(key);
    if (other?.kind === 'update' && write.kind === 'update') {
      const add = { count: other.change.add!.count! + write.change.add!.count!, changes: 2 };
      byKey.set(key, { ...write, change: { add } });
    } else byKey.set(key, write);
  }
  return [...byKey.values()];
}
