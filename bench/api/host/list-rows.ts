import { keys } from '#domain/keys.ts';
import { EMPTY } from '#domain/lists/bucket.ts';
import { type ListName, type ListSpec, listName, partitionOf, placesOf } from '#domain/lists/list.ts';
import { BUCKET_ENTRIES } from '#domain/lists/split.ts';
import type { Item } from '#domain/ports/table/port.ts';
import type { Database } from '#embedded/database.ts';

interface List {
  readonly name: ListName;
  readonly entries: { readonly position: string; readonly id: string }[];
}

/**
 * Writes an account's lists of one kind of record, in place of those that it has, as rows: the domain would take minutes
 * for 100,000 records. Buckets are half full, as those of a list that grew in no order: the most that there are.
 */
export async function writeLists<R>(
  database: Database,
  spec: ListSpec<R>,
  accountId: string,
  records: readonly R[],
): Promise<void> {
  const lists = new Map<string, List>();
  for (const record of records) {
    for (const { sort, part, position } of placesOf(spec, record)) {
      const name = { sort, part };
      const list = lists.get(listName(spec, name)) ?? { name, entries: [] };
      list.entries.push({ position, id: spec.idOf(record) });
      lists.set(listName(spec, name), list);
    }
  }
  const put = (item: Item) => putRow(database, item);
  await database.write(() => {
    for (const { name, entries } of lists.values()) {
      const partition = partitionOf(spec, accountId, name);
      database.run('DELETE FROM items WHERE pk = ?', partition);
      // Positions of what is written here are ASCII.
      entries.sort((a, b) => (a.position < b.position ? -1 : 1));
      for (const { position, id } of entries) put({ ...keys.listEntry(partition, position), id });
      for (let start = 0; start < entries.length; start += BUCKET_ENTRIES / 2) {
        const first = start === 0 ? '' : entries[start]!.position;
        const count = Math.min(BUCKET_ENTRIES / 2, entries.length - start);
        put({ ...keys.listBucket(partition, first), ...EMPTY, count });
      }
      put({ ...keys.list(accountId, listName(spec, name)) });
    }
    put({ ...keys.listsComplete(accountId, spec.kind) });
  });
}

/** Writes records with their lists, as rows. */
export async function writeListed<R extends object>(
  database: Database,
  spec: ListSpec<R>,
  accountId: string,
  records: readonly R[],
): Promise<void> {
  await writeRecords(database, spec, accountId, records);
  await writeLists(database, spec, accountId, records);
}

/** Writes records without lists, as rows. */
export async function writeRecords<R extends object>(
  database: Database,
  spec: ListSpec<R>,
  accountId: string,
  records: readonly R[],
): Promise<void> {
  await database.write(() => {
    for (const record of records) putRow(database, { ...spec.keyOf(accountId, spec.idOf(record)), ...record });
  });
}

function putRow(database: Database, item: Item): void {
  const { pk, sk } = item;
  database.run('REPLACE INTO items (pk, sk, body) VALUES (?, ?, ?)', pk, sk, JSON.stringify(item));
}
