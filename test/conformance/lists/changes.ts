import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deleteListed, transactListed } from '#domain/lists/change.ts';
import { TransactionFailedError } from '#domain/ports/errors.ts';
import { aThing, put, spec, type Thing } from './things.ts';
import type { ListWorld } from './world.ts';

/** Lists while records change. `runs` of the property, each of up to 40 changes. */
export function changes(world: ListWorld, runs: number): void {
  const { insert, remove, read, expectLists } = world;

  test('are empty for an account without records', async () => {
    for (const sort of ['name', 'score']) {
      for (const filters of [{}, { least: 1 }]) {
        const page = await read('nobody', { sort, order: 'ascending', limit: 10, filters });
        expect(page).toEqual({ records: [], total: 'least' in filters ? null : 0, page: 1, nextCursor: null });
      }
    }
  });

  test('have every page in order and exact totals while records are created, changed and deleted', async () => {
    let accounts = 0;
    const change = fc.record({
      id: fc.nat(30),
      name: fc.string({ maxLength: 4 }),
      score: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
      deleted: fc.boolean(),
    });
    const property = fc.asyncProperty(
      fc.array(change, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (changes, limit) => {
        const account = `property-${++accounts}`;
        const things = new Map<string, Thing>();
        for (const { id, name, score, deleted } of changes) {
          const { score: _, ...rest } = aThing(id, { name });
          const after: Thing = score === undefined ? rest : { ...rest, score };
          const before = things.get(after.id);
          if (before && deleted) {
            await remove(account, before);
            things.delete(before.id);
          } else {
            await transactListed(world.table, spec, account, before ? { before, after } : { after }, [
              put(account, after),
            ]);
            things.set(after.id, after);
          }
        }
        await expectLists(account, [...things.values()], limit);
      },
    );
    await fc.assert(property, { numRuns: runs });
  }, 120_000);

  test('have what many writers created and deleted at once, through any connection', async () => {
    const things = Array.from({ length: 40 }, (_, id) => aThing(id));
    await Promise.all(things.map((thing, n) => insert('crowd', thing, n % 2 ? world.other : world.table)));
    await Promise.all(things.slice(0, 15).map((thing) => remove('crowd', thing)));
    await expectLists('crowd', things.slice(15), 7);
  }, 60_000);

  test('leave a record where it was changed by somebody else in the meantime', async () => {
    const [before, theirs, ours] = [aThing(1, { name: 'a' }), aThing(1, { name: 'b' }), aThing(1, { name: 'c' })];
    await insert('race', before);
    const changes = [theirs, ours].map((after) =>
      transactListed(world.table, spec, 'race', { before, after }, [put('race', after)]),
    );
    const [first, second] = await Promise.allSettled(changes);
    const winner = first?.status === 'fulfilled' ? theirs : ours;
    const loser = first?.status === 'fulfilled' ? second : first;
    expect(loser).toMatchObject({ status: 'rejected', reason: new TransactionFailedError([]) });
    await expectLists('race', [winner], 10);
    await deleteListed(
      world.table,
      spec,
      'race',
      async () => winner,
      () => [{ kind: 'delete', key: spec.keyOf('race', winner.id) }],
    );
    await expectLists('race', [], 10);
  });

  test('are unchanged where a condition of the record’s own writes fails', async () => {
    const thing = aThing(1);
    const refused = transactListed(world.table, spec, 'refused', { after: thing }, [
      put('refused', thing),
      { kind: 'check', key: { pk: 'x', sk: 'x' }, condition: { kind: 'present' } },
    ]);
    await expect(refused).rejects.toEqual(new TransactionFailedError([1]));
    await expectLists('refused', [], 10);
  });
}
