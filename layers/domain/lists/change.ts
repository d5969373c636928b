/** How lists change together with a record: in its transaction. */
import { UnavailableError } from '../errors.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { findBucket } from './bucket.ts';
import { ensureLists } from './build.ts';
import { bucketKey, entryKey, type ListSpec, type Place, partitionOf, placesOf } from './list.ts';
import { splitGrown } from './split.ts';

/** A record as it was and as it will be; one of them is absent where it is made or deleted. */
export interface ListChange<R> {
  readonly before?: R;
  readonly after?: R;
}

/** How often a transaction is tried that meets others on the same buckets. */
const TRIES = 30;

interface Move extends Place {
  readonly partition: string;
  readonly by: 1 | -1;
}

/**
 * Does the writes and moves the record's entries, in one transaction. `writes` is called again for every try. Throws
 * `TransactionFailedError`, with the indices of `writes`, where one of their own conditions fails.
 */
export async function transactListed<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  { before, after }: ListChange<R>,
  writes: readonly Write[],
): Promise<void> {
  const moves = movesOf(spec, accountId, before, after);
  const id = spec.idOf((after ?? before)!);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const buckets = await Promise.all(moves.map((move) => bucketOf(table, spec, accountId, move)));
    const listed = moves.flatMap((move, index): Write[] => {
      const { first, splits } = buckets[index]!;
      const entry = entryKey(move.partition, move.position);
      const unsplit: Condition = { kind: 'compare', attribute: 'splits', op: '=', value: splits };
      return [
        move.by === 1 ? { kind: 'put', item: { ...entry, id } } : { kind: 'delete', key: entry },
        {
          kind: 'update',
          key: bucketKey(move.partition, first),
          change: { add: { count: move.by, changes: 1 } },
          condition: unsplit,
        },
      ];
    });
    try {
      await table.transact([...writes, ...merged(listed)]);
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      const own = error.failed.filter((index) => index < writes.length);
      if (own.length > 0) throw new TransactionFailedError(own);
      continue;
    }
    await splitGrown(
      table,
      moves.flatMap((move, index) => (move.by === 1 ? [{ move, bucket: buckets[index]! }] : [])),
    );
    return;
  }
  throw new UnavailableError(`the lists of account ${accountId} were changed by others ${TRIES} times in a row`);
}

/** The entries that go and come; those that stay where they are do neither. */
function movesOf<R>(spec: ListSpec<R>, accountId: string, before: R | undefined, after: R | undefined): Move[] {
  const placed = (record: R | undefined, by: 1 | -1): Move[] =>
    record === undefined
      ? []
      : placesOf(spec, record).map((place) => ({ ...place, by, partition: partitionOf(spec, accountId, place) }));
  const [gone, come] = [placed(before, -1), placed(after, 1)];
  const isIn = (moves: readonly Move[], { partition, position }: Move): boolean =>
    moves.some((other) => other.partition === partition && other.position === position);
  return [...gone.filter((move) => !isIn(come, move)), ...come.filter((move) => !isIn(gone, move))];
}

async function bucketOf<R>(table: Table, spec: ListSpec<R>, accountId: string, move: Move) {
  const found = await findBucket(table, move.partition, move.position);
  if (found) return found;
  await ensureLists(table, spec, accountId, move);
  return (await findBucket(table, move.partition, move.position))!;
}

/** A transaction writes an item once: a record that moves within one bucket changes its count by nothing. */
function merged(writes: readonly Write[]): Write[] {
  const byKey = new Map<string, Write>();
  for (const write of writes) {
    const { pk, sk } = write.kind === 'put' ? write.item : write.key;
    const key = `${pk}\u0000${sk}`;
    const other = byKey.get(key);
    if (other?.kind === 'update' && write.kind === 'update') {
      const add = { count: other.change.add!.count! + write.change.add!.count!, changes: 2 };
      byKey.set(key, { ...write, change: { add } });
    } else byKey.set(key, write);
  }
  return [...byKey.values()];
}
