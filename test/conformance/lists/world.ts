/** The lists of `spec` on a Table, and checks of them. */
import { expect } from '@jest/globals';
import { transactListed } from '#domain/lists/change.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '#domain/lists/records.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { readAll } from '#domain/ports/table/read-all.ts';
import type { Subject } from '../table/subject.ts';
import { COMPARE, ORDERS, put, spec, type Thing } from './things.ts';

export interface ListWorld {
  readonly table: Table;
  /** The same through another connection. */
  readonly other: Table;
  insert(account: string, after: Thing, by?: Table): Promise<void>;
  remove(account: string, before: Thing): Promise<void>;
  read(account: string, wanted: RecordsWanted): Promise<RecordsPage<Thing>>;
  /** Every page of every list, by number and by cursor, against the same sorted in memory. */
  expectLists(account: string, things: readonly Thing[], limit: number): Promise<void>;
  /** Counts and borders of the buckets, against the entries. Resolves with how many buckets there are. */
  expectBuckets(partition: string): Promise<number>;
}

export function listWorld(subject: Subject): ListWorld {
  const world: ListWorld = {
    get table() {
      return subject().table;
    },
    get other() {
      return subject().other;
    },
    insert: (account, after, by = world.table) => transactListed(by, spec, account, { after }, [put(account, after)]),
    remove: (account, before) =>
      transactListed(world.table, spec, account, { before }, [{ kind: 'delete', key: spec.keyOf(account, before.id) }]),
    read: (account, wanted) => readRecords(world.table, spec, account, wanted),
    expectLists,
    expectBuckets,
  };
  const { read } = world;
  return world;

  async function expectLists(account: string, things: readonly Thing[], limit: number): Promise<void> {
    const kinds = [undefined, ...new Set(things.map(({ kind }) => kind))];
    for (const sort of ['name', 'score']) {
      for (const kind of kinds) {
        const part = kind === undefined ? undefined : `kind=${kind}`;
        const of = things.filter((thing) => kind === undefined || thing.kind === kind);
        for (const order of ORDERS) {
          const ascending = of.toSorted(COMPARE[sort]);
          const expected = order === 'ascending' ? ascending : ascending.reverse();
          const wanted = { sort, part, order, limit };
          const followed: Thing[] = [];
          let cursor: string | null | undefined;
          for (let page = 1; page === 1 || (page - 1) * limit < of.length; page += 1) {
            const found = await read(account, { ...wanted, page });
            expect(found.records).toEqual(expected.slice((page - 1) * limit, page * limit));
            expect(found).toMatchObject({ total: of.length, page });
            if (cursor === null) break;
            const next: Awaited<ReturnType<typeof read>> =
              cursor === undefined ? found : await read(account, { ...wanted, cursor });
            expect(next).toMatchObject({ total: of.length, page });
            followed.push(...next.records);
            cursor = next.nextCursor;
          }
          expect(followed).toEqual(expected);
          expect(cursor).toBeNull();
        }
      }
    }
  }

  async function expectBuckets(partition: string): Promise<number> {
    const bytes = (sk: string) => Buffer.from(sk.slice(2));
    const entries = (await readAll(world.table, { partition, prefix: 'E#' })).map(({ sk }) => bytes(sk));
    const buckets = await readAll(world.table, { partition, prefix: 'B#' });
    for (const [index, { sk, count }] of buckets.entries()) {
      const end = buckets[index + 1];
      const within = entries.filter(
        (entry) => Buffer.compare(entry, bytes(sk)) >= 0 && (!end || Buffer.compare(entry, bytes(end.sk)) < 0),
      );
      expect(count).toBe(within.length);
      expect(count).toBeLessThanOrEqual(512);
    }
    return buckets.length;
  }
}
