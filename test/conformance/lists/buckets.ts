import { describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { buildLists } from '#domain/lists/build.ts';
import { transactListed } from '#domain/lists/change.ts';
import { partitionOf } from '#domain/lists/list.ts';
import { entriesAt } from '#domain/lists/page.ts';
import { readRecords } from '#domain/lists/records.ts';
import type { Table, Write } from '#domain/ports/table/port.ts';
import { readAll } from '#domain/ports/table/read-all.ts';
import { aThing, COMPARE, intercepted, ORDERS, put, single, spec, type Thing } from './things.ts';
import type { ListWorld } from './world.ts';

/** How buckets are split and removed. */
export function buckets(world: ListWorld): void {
  const { expectBuckets } = world;

  test('split their buckets as they grow, wherever entries come, and remove the empty ones', async () => {
    const partition = partitionOf(single, 'large', { sort: 'name' });
    const nameOf = (id: number) => `n${String(id).padStart(6, '0')}`;
    const expectNames = async (things: readonly Thing[]) => {
      const ascending = things.toSorted(COMPARE.name);
      for (const order of ORDERS) {
        const sorted = order === 'ascending' ? ascending : ascending.toReversed();
        for (let page = 1; (page - 1) * 100 < sorted.length; page += 1) {
          const found = await readRecords(world.table, single, 'large', { sort: 'name', order, limit: 100, page });
          expect(found).toMatchObject({ total: sorted.length, records: sorted.slice((page - 1) * 100, page * 100) });
        }
      }
    };
    // As an earlier release wrote them: buckets of 256, 256 and 88.
    const old = Array.from({ length: 600 }, (_, id) => aThing(id, { name: nameOf(id) }));
    for (let n = 0; n < old.length; n += 100) {
      await world.table.transact(old.slice(n, n + 100).map((thing) => put('large', thing)));
    }
    // Into the middle of the second, from both ends.
    const more = Array.from({ length: 258 }, (_, n) => {
      const place = n % 2 === 0 ? n : 1000 - n;
      return aThing(1000 + n, { name: `${nameOf(400)} ${String(place).padStart(4, '0')}` });
    });
    for (const after of more) await transactListed(world.table, single, 'large', { after }, [put('large', after)]);
    expect(await expectBuckets(partition)).toBe(4);
    await expectNames([...old, ...more]);
    const end = old.slice(512);
    for (const [index, before] of end.entries()) {
      const write: Write = { kind: 'delete', key: spec.keyOf('large', before.id) };
      await transactListed(world.table, single, 'large', { before }, [write]);
      if (index % 20 === 0) expect(await expectBuckets(partition)).toBe(4);
    }
    expect(await expectBuckets(partition)).toBe(3);
    await expectNames([...old.slice(0, 512), ...more]);
    // What comes there now is in the bucket before.
    await transactListed(world.table, single, 'large', { after: end[0]! }, [put('large', end[0]!)]);
    await expectNames([...old.slice(0, 513), ...more]);
    expect(await expectBuckets(partition)).toBe(3);
  }, 240_000);

  describe('whose buckets change while somebody writes', () => {
    /** A table where something happens before the transaction that is the `nth`, from 1. */
    const beforeWrite = (nth: number, happens: () => Promise<unknown>): Table => {
      let calls = 0;
      return intercepted(world.table, async (method) => {
        if (method === 'transact' && ++calls === nth) await happens();
      });
    };
    const named = (id: number) => aThing(id, { name: String(id).padStart(4, '0') });
    const write = (account: string, after: Thing, by = world.table) =>
      transactListed(by, single, account, { after }, [put(account, after)]);
    const partition = (account: string) => partitionOf(single, account, { sort: 'name' });
    /** One bucket that is split by the next entry, if it holds the even ids below 1024. */
    async function fullBucket(account: string): Promise<void> {
      const things = Array.from({ length: 256 }, (_, n) => named(2 * n));
      for (let n = 0; n < things.length; n += 64) {
        await world.table.transact(things.slice(n, n + 64).map((thing) => put(account, thing)));
      }
      await buildLists(world.table, single, account);
      const entries = Array.from({ length: 256 }, (_, n) => named(2 * (256 + n)));
      for (let n = 0; n < entries.length; n += 64) {
        await world.table.transact([
          ...entries.slice(n, n + 64).map(({ id, name }): Write => {
            const position = `${name}\u0001${id}`;
            return { kind: 'put', item: { ...keys.listEntry(partition(account), position), id } };
          }),
          {
            kind: 'update',
            key: keys.listBucket(partition(account), ''),
            change: { add: { count: Math.min(64, entries.length - n), changes: 1 } },
          },
        ]);
      }
      await expectBuckets(partition(account));
    }

    test('count an entry in the bucket that it is in, although that was just split off', async () => {
      await fullBucket('split-off');
      await write(
        'split-off',
        named(1001),
        beforeWrite(1, () => write('split-off', named(3))),
      );
      expect(await expectBuckets(partition('split-off'))).toBe(2);
    });

    test('are not split by counts that are not true any more', async () => {
      await fullBucket('not-split');
      await write(
        'not-split',
        named(3),
        beforeWrite(2, () => write('not-split', named(5))),
      );
      expect(await expectBuckets(partition('not-split'))).toBe(2);
      await fullBucket('not-halved');
      await write(
        'not-halved',
        named(3),
        beforeWrite(2, () => write('not-halved', named(1001))),
      );
      await expectBuckets(partition('not-halved'));
    });

    test('are not removed when an entry has just come', async () => {
      await fullBucket('not-removed');
      await write('not-removed', named(3));
      const [, second] = await readAll(world.table, { partition: partition('not-removed'), prefix: 'B#' });
      const within = Array.from({ length: 512 }, (_, n) => named(2 * n)).filter(
        ({ name }) => `B#${name}` >= second!.sk.slice(0, 6),
      );
      for (const [index, thing] of within.entries()) {
        const isLast = index === within.length - 1;
        const by = isLast ? beforeWrite(2, () => write('not-removed', named(1021))) : world.table;
        await transactListed(by, single, 'not-removed', { before: thing }, []);
      }
      expect(await expectBuckets(partition('not-removed'))).toBe(2);
      await world.table.update(keys.listBucket(partition('not-removed'), second!.sk.slice(2)), { set: { splits: 7 } });
      await transactListed(world.table, single, 'not-removed', { before: named(1021) }, []);
      expect(await expectBuckets(partition('not-removed'))).toBe(1);
      // A bucket that begins there again is another one for whoever has read this one.
      expect(await world.table.get(keys.listBucket(partition('not-removed'), ''))).toMatchObject({ splits: 8 });
    });
  });

  test('find a page of either end and of the middle in as many reads', async () => {
    const calls: string[] = [];
    const counted = intercepted(world.table, async (method) => void calls.push(method));
    for (const order of ORDERS) {
      for (const offset of [0, 380, 750]) {
        calls.length = 0;
        const page = await entriesAt(counted, single, 'large', { sort: 'name', order, limit: 10 }, offset);
        expect(page.entries).toHaveLength(10);
        expect(calls).toEqual(['query', 'query']);
      }
    }
  });
}
