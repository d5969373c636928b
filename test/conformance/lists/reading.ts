import { expect, test } from '@jest/globals';
import type { RecordsWanted } from '#domain/lists/records.ts';
import { aThing, COMPARE, spec, type Thing } from './things.ts';
import type { ListWorld } from './world.ts';

/** Pages that are not just a part of the list. */
export function reading(world: ListWorld): void {
  const { insert, read } = world;

  test('leave out a record that is deleted while it is read', async () => {
    const things = [1, 2, 3].map((id) => aThing(id, { name: `n${id}` }));
    for (const thing of things) await insert('gone', thing);
    await world.table.delete(spec.keyOf('gone', things[1]!.id));
    const wanted = { sort: 'name', order: 'ascending', limit: 2 } as const;
    const first = await read('gone', wanted);
    expect(first).toMatchObject({ records: [things[0]], total: 3 });
    expect(await read('gone', { ...wanted, cursor: first.nextCursor! })).toMatchObject({ records: [things[2]] });
  });

  test('are filtered within a bounded number of reads, in short pages if need be', async () => {
    const things = Array.from({ length: 60 }, (_, id) => aThing(id, { kind: id === 50 ? 'rare' : 'a' }));
    for (const thing of things) await insert('filtered', thing);
    const expected = (matches: (thing: Thing) => boolean, sort: string) =>
      things.filter(matches).toSorted(COMPARE[sort]);
    const cases: [NonNullable<RecordsWanted['filters']>, (thing: Thing) => boolean][] = [
      [{ kind: 'rare' }, ({ kind }) => kind === 'rare'],
      [{ prefix: 'THING 3' }, ({ name }) => name === 'thing 3'],
      [{ least: 50 }, ({ score = -1 }) => score >= 50],
      [{ least: 50, prefix: 'thing 3', kind: 'a' }, ({ name, score = -1 }) => name === 'thing 3' && score >= 50],
      [{ prefix: 'nothing' }, () => false],
    ];
    for (const [filters, matches] of cases) {
      for (const sort of ['name', 'score']) {
        const found: Thing[] = [];
        let cursor: string | null | undefined;
        while (cursor !== null) {
          const page: Awaited<ReturnType<typeof read>> = await read('filtered', {
            ...{ sort, order: 'ascending', limit: 4, filters },
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.total).toBeNull();
          found.push(...page.records);
          cursor = page.nextCursor;
        }
        expect(found).toEqual(expected(matches, sort));
      }
    }
  }, 60_000);
}
