import { expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { buildLists } from '#domain/lists/build.ts';
import { addMissing, transactListed } from '#domain/lists/change.ts';
import { partitionOf } from '#domain/lists/list.ts';
import { readRecords } from '#domain/lists/records.ts';
import { aThing, intercepted, put, single, spec } from './things.ts';
import type { ListWorld } from './world.ts';

/** Lists of records that were written without them. */
export function building(world: ListWorld): void {
  const { insert, remove, read, expectLists, expectBuckets } = world;

  test('have all records that an earlier release wrote without lists, whoever needs the lists first', async () => {
    const things = Array.from({ length: 230 }, (_, id) => aThing(id));
    for (let n = 0; n < things.length; n += 100) {
      await world.table.transact(things.slice(n, n + 100).map((thing) => put('old', thing)));
    }
    const more = Array.from({ length: 3 }, (_, n) => aThing(1000 + n));
    await Promise.all([
      ...more.map((thing) => insert('old', thing)),
      remove('old', things[0]!),
      read('old', { sort: 'score', order: 'ascending', limit: 10 }),
    ]);
    await expectLists('old', [...things.slice(1), ...more], 50);
  }, 60_000);

  test('are built on from where a call that ended half-way stopped', async () => {
    const things = Array.from({ length: 230 }, (_, id) => aThing(id, { kind: 'a' }));
    for (let n = 0; n < things.length; n += 100) {
      await world.table.transact(things.slice(n, n + 100).map((thing) => put('half', thing)));
    }
    const partition = partitionOf(spec, 'half', { sort: 'name' });
    // The first two batches of the first list.
    await expect(buildLists(world.table, spec, 'half', { left: 2 })).rejects.toThrow(/is being built: try again/);
    await world.table.put({ ...keys.listEntry(partition, 'of a record that was deleted'), id: 'x' });
    await expect(buildLists(world.table, spec, 'half', { left: 3 })).rejects.toThrow(/is being built: try again/);
    await buildLists(world.table, spec, 'half');
    await expectBuckets(partition);
    await expectLists('half', things, 60);
  }, 60_000);

  test('take in a record that an earlier release wrote after they were built, once', async () => {
    const [listed, unlisted] = [aThing(1), aThing(2)];
    await insert('late', listed);
    await world.table.transact([put('late', unlisted)]);
    const added = await Promise.all(
      [1, 2].map(() => addMissing(world.table, spec, 'late', unlisted).catch(() => false)),
    );
    expect(added).toContain(true);
    await expectLists('late', [listed, unlisted], 10);
    expect(await addMissing(world.table, spec, 'late', unlisted)).toBe(false);
    expect(await addMissing(world.table, spec, 'late', aThing(3))).toBe(false);
    await world.table.transact([put('late', aThing(4))]);
    await remove('late', aThing(4));
    await expectLists('late', [listed, unlisted], 10);
  });

  test('take in nothing that was read before somebody else built them', async () => {
    const things = [1, 2].map((id) => aThing(id, { name: `n${id}` }));
    await world.table.transact(things.map((thing) => put('built-twice', thing)));
    let calls = 0;
    const late = intercepted(world.table, async (method) => {
      if (method !== 'transact' || ++calls > 1) return;
      await buildLists(world.table, single, 'built-twice');
      await transactListed(world.table, single, 'built-twice', { before: things[0]! }, [
        { kind: 'delete', key: spec.keyOf('built-twice', things[0]!.id) },
      ]);
    });
    await buildLists(late, single, 'built-twice');
    const wanted = { sort: 'name', order: 'ascending', limit: 10 } as const;
    expect(await readRecords(world.table, single, 'built-twice', wanted)).toMatchObject({
      records: [things[1]],
      total: 1,
    });
    await expectBuckets(partitionOf(single, 'built-twice', { sort: 'name' }));
  });

  test('are not looked for again once they are complete', async () => {
    await world.table.transact([put('complete', aThing(1))]);
    await buildLists(world.table, spec, 'complete');
    const calls: string[] = [];
    await buildLists(
      intercepted(world.table, async (method) => void calls.push(method)),
      spec,
      'complete',
    );
    expect(calls).toEqual(['get']);
  });
}
