import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { keys } from '#domain/keys.ts';
import { buildLists } from '#domain/lists/build.ts';
import { addMissing, deleteListed, transactListed } from '#domain/lists/change.ts';
import { atLeast, equals, startsWith } from '#domain/lists/filters.ts';
import { type ListSpec, partitionOf } from '#domain/lists/list.ts';
import { number, text } from '#domain/lists/order.ts';
import { entriesAt } from '#domain/lists/page.ts';
import { type RecordsWanted, readRecords } from '#domain/lists/records.ts';
import { deleteLists } from '#domain/lists/remove.ts';
import { TransactionFailedError } from '#domain/ports/errors.ts';
import type { Table, Write } from '#domain/ports/table/port.ts';
import { readAll } from '#domain/ports/table/read-all.ts';
import type { TableSubject } from './table/subject.ts';

const record = z.object({ id: z.string(), name: z.string(), score: z.number().optional(), kind: z.string() });
type Thing = z.infer<typeof record>;

const spec: ListSpec<Thing> = {
  kind: 'THINGS',
  prefix: 'THING#',
  keyOf: (account, id) => ({ pk: `ACCOUNT#${account}`, sk: `THING#${id}` }),
  parse: (item) => record.parse(item),
  idOf: ({ id }) => id,
  sorts: { name: ({ name }) => text(name), score: ({ score }) => number(score) },
  parts: ({ kind }) => [`kind=${kind}`],
  filters: {
    prefix: startsWith('name', ({ name }) => name),
    least: atLeast('score', ({ score }) => score),
    kind: equals(({ kind }) => kind),
  },
};

/** One list. */
const single: ListSpec<Thing> = { ...spec, kind: 'SINGLE', sorts: { name: spec.sorts.name! }, parts: () => [] };

const aThing = (id: number, given: Partial<Thing> = {}): Thing => ({
  id: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
  name: `thing ${id % 7}`,
  kind: id % 3 === 0 ? 'a' : 'b',
  ...(id % 5 === 0 ? {} : { score: (id * 37) % 101 }),
  ...given,
});

const put = (account: string, thing: Thing): Write => ({
  kind: 'put',
  item: { ...spec.keyOf(account, thing.id), ...thing },
});

const ORDERS = ['ascending', 'descending'] as const;
const byId = (a: Thing, b: Thing) => (a.id < b.id ? -1 : 1);
const COMPARE: Readonly<Record<string, (a: Thing, b: Thing) => number>> = {
  name: (a, b) => Buffer.compare(Buffer.from(text(a.name)), Buffer.from(text(b.name))) || byId(a, b),
  score: (a, b) => (a.score ?? Number.NEGATIVE_INFINITY) - (b.score ?? Number.NEGATIVE_INFINITY) || byId(a, b),
};

/** What every Table must do for lists. `runs` of the property, each of up to 40 changes. */
export function listsConformance(name: string, open: () => Promise<TableSubject>, { runs }: { runs: number }): void {
  describe(`Lists on ${name}`, () => {
    let subject: TableSubject;
    let table: Table;
    beforeAll(async () => {
      subject = await open();
      table = subject.table;
    }, 60_000);
    afterAll(() => subject?.close());

    const insert = (account: string, after: Thing, by = table) =>
      transactListed(by, spec, account, { after }, [put(account, after)]);
    const remove = (account: string, before: Thing) =>
      transactListed(table, spec, account, { before }, [{ kind: 'delete', key: spec.keyOf(account, before.id) }]);
    const read = (account: string, wanted: RecordsWanted) => readRecords(table, spec, account, wanted);

    /** Every page of every list, by number and by cursor, against the same sorted in memory. */
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

    /** Counts and borders of the buckets, against the entries. */
    async function expectBuckets(partition: string): Promise<number> {
      const bytes = (sk: string) => Buffer.from(sk.slice(2));
      const entries = (await readAll(table, { partition, prefix: 'E#' })).map(({ sk }) => bytes(sk));
      const buckets = await readAll(table, { partition, prefix: 'B#' });
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
              await transactListed(table, spec, account, before ? { before, after } : { after }, [put(account, after)]);
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
      await Promise.all(things.map((thing, n) => insert('crowd', thing, n % 2 ? subject.other : table)));
      await Promise.all(things.slice(0, 15).map((thing) => remove('crowd', thing)));
      await expectLists('crowd', things.slice(15), 7);
    }, 60_000);

    test('leave a record where it was changed by somebody else in the meantime', async () => {
      const [before, theirs, ours] = [aThing(1, { name: 'a' }), aThing(1, { name: 'b' }), aThing(1, { name: 'c' })];
      await insert('race', before);
      const changes = [theirs, ours].map((after) =>
        transactListed(table, spec, 'race', { before, after }, [put('race', after)]),
      );
      const [first, second] = await Promise.allSettled(changes);
      const winner = first?.status === 'fulfilled' ? theirs : ours;
      const loser = first?.status === 'fulfilled' ? second : first;
      expect(loser).toMatchObject({ status: 'rejected', reason: new TransactionFailedError([]) });
      await expectLists('race', [winner], 10);
      await deleteListed(table, spec, 'race', async () => winner, [
        { kind: 'delete', key: spec.keyOf('race', winner.id) },
      ]);
      await expectLists('race', [], 10);
    });

    test('are unchanged where a condition of the record’s own writes fails', async () => {
      const thing = aThing(1);
      const refused = transactListed(table, spec, 'refused', { after: thing }, [
        put('refused', thing),
        { kind: 'check', key: { pk: 'x', sk: 'x' }, condition: { kind: 'present' } },
      ]);
      await expect(refused).rejects.toEqual(new TransactionFailedError([1]));
      await expectLists('refused', [], 10);
    });

    test('have all records that an earlier release wrote without lists, whoever needs the lists first', async () => {
      const things = Array.from({ length: 230 }, (_, id) => aThing(id));
      for (let n = 0; n < things.length; n += 100) {
        await table.transact(things.slice(n, n + 100).map((thing) => put('old', thing)));
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
        await table.transact(things.slice(n, n + 100).map((thing) => put('half', thing)));
      }
      const partition = partitionOf(spec, 'half', { sort: 'name' });
      // The first two batches of the first list.
      await expect(buildLists(table, spec, 'half', { left: 2 })).rejects.toThrow(/is being built: try again/);
      await table.put({ ...keys.listEntry(partition, 'of a record that was deleted'), id: 'x' });
      await expect(buildLists(table, spec, 'half', { left: 3 })).rejects.toThrow(/is being built: try again/);
      await buildLists(table, spec, 'half');
      await expectBuckets(partition);
      await expectLists('half', things, 60);
    }, 60_000);

    test('take in a record that an earlier release wrote after they were built, once', async () => {
      const [listed, unlisted] = [aThing(1), aThing(2)];
      await insert('late', listed);
      await table.transact([put('late', unlisted)]);
      const added = await Promise.all([1, 2].map(() => addMissing(table, spec, 'late', unlisted).catch(() => false)));
      expect(added).toContain(true);
      await expectLists('late', [listed, unlisted], 10);
      expect(await addMissing(table, spec, 'late', unlisted)).toBe(false);
      expect(await addMissing(table, spec, 'late', aThing(3))).toBe(false);
      await table.transact([put('late', aThing(4))]);
      await remove('late', aThing(4));
      await expectLists('late', [listed, unlisted], 10);
    });

    test('leave out a record that is deleted while it is read', async () => {
      const things = [1, 2, 3].map((id) => aThing(id, { name: `n${id}` }));
      for (const thing of things) await insert('gone', thing);
      await table.delete(spec.keyOf('gone', things[1]!.id));
      const wanted = { sort: 'name', order: 'ascending', limit: 2 } as const;
      const first = await read('gone', wanted);
      expect(first).toMatchObject({ records: [things[0]], total: 3 });
      expect(await read('gone', { ...wanted, cursor: first.nextCursor! })).toMatchObject({ records: [things[2]] });
    });

    test('are deleted with their account', async () => {
      await insert('leaving', aThing(1));
      await insert('staying', aThing(1));
      await deleteLists(table, 'leaving');
      for (const sort of ['name', 'score']) {
        for (const part of [undefined, 'kind=b']) {
          expect(await readAll(table, { partition: partitionOf(spec, 'leaving', { sort, part }) })).toEqual([]);
        }
      }
      const left = await readAll(table, { partition: 'ACCOUNT#leaving' });
      expect(left.map(({ sk }) => sk)).toEqual([spec.keyOf('', aThing(1).id).sk]);
      await expectLists('staying', [aThing(1)], 10);
    });

    test('split their buckets as they grow, wherever entries come, and remove the empty ones', async () => {
      const partition = partitionOf(single, 'large', { sort: 'name' });
      const nameOf = (id: number) => `n${String(id).padStart(6, '0')}`;
      const expectNames = async (things: readonly Thing[]) => {
        const ascending = things.toSorted(COMPARE.name);
        for (const order of ORDERS) {
          const sorted = order === 'ascending' ? ascending : ascending.toReversed();
          for (let page = 1; (page - 1) * 100 < sorted.length; page += 1) {
            const found = await readRecords(table, single, 'large', { sort: 'name', order, limit: 100, page });
            expect(found).toMatchObject({ total: sorted.length, records: sorted.slice((page - 1) * 100, page * 100) });
          }
        }
      };
      // As an earlier release wrote them: buckets of 256, 256 and 88.
      const old = Array.from({ length: 600 }, (_, id) => aThing(id, { name: nameOf(id) }));
      for (let n = 0; n < old.length; n += 100) {
        await table.transact(old.slice(n, n + 100).map((thing) => put('large', thing)));
      }
      // Into the middle of the second, from both ends.
      const more = Array.from({ length: 258 }, (_, n) => {
        const place = n % 2 === 0 ? n : 1000 - n;
        return aThing(1000 + n, { name: `${nameOf(400)} ${String(place).padStart(4, '0')}` });
      });
      for (const after of more) await transactListed(table, single, 'large', { after }, [put('large', after)]);
      expect(await expectBuckets(partition)).toBe(4);
      await expectNames([...old, ...more]);
      const end = old.slice(512);
      for (const [index, before] of end.entries()) {
        const write: Write = { kind: 'delete', key: spec.keyOf('large', before.id) };
        await transactListed(table, single, 'large', { before }, [write]);
        if (index % 20 === 0) expect(await expectBuckets(partition)).toBe(4);
      }
      expect(await expectBuckets(partition)).toBe(3);
      await expectNames([...old.slice(0, 512), ...more]);
      // What comes there now is in the bucket before.
      await transactListed(table, single, 'large', { after: end[0]! }, [put('large', end[0]!)]);
      await expectNames([...old.slice(0, 513), ...more]);
      expect(await expectBuckets(partition)).toBe(3);
    }, 240_000);

    test('find a page of either end and of the middle in as many reads', async () => {
      const calls: string[] = [];
      const counted: Table = new Proxy(table, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          return (...args: unknown[]) => {
            calls.push(String(name));
            return method.apply(target, args);
          };
        },
      });
      for (const order of ORDERS) {
        for (const offset of [0, 380, 750]) {
          calls.length = 0;
          const page = await entriesAt(counted, single, 'large', { sort: 'name', order, limit: 10 }, offset);
          expect(page.entries).toHaveLength(10);
          expect(calls).toEqual(['query', 'query']);
        }
      }
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
  });
}
