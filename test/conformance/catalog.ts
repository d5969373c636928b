/** What the catalog must do on every Table: whoever changes it at the same time, and however many. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { changeEntry, createEntry, deleteEntry, type NewEntry } from '#domain/catalog/change.ts';
import { readHistory, type Signed } from '#domain/catalog/history.ts';
import { importEntries } from '#domain/catalog/import.ts';
import { listEntries } from '#domain/catalog/lists.ts';
import { entriesAfter, findByModelIds, getEntry } from '#domain/catalog/read.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { AT, anAccount } from '../domain/store.ts';
import type { TableSubject } from './table/subject.ts';

const SIGNED: Signed = { by: { operator_id: 1, operator_source: 'request' }, at: AT };
const AT_ONCE = 8;

const statusOf = ({ reason }: PromiseRejectedResult): unknown => (reason as { status?: number }).status ?? reason;

/** The statuses of those that failed. */
async function failuresOf(all: readonly Promise<unknown>[]): Promise<unknown[]> {
  return (await Promise.allSettled(all)).flatMap((one) => (one.status === 'rejected' ? [statusOf(one)] : []));
}

export function catalogConformance(name: string, open: () => Promise<TableSubject>): void {
  describe(`The catalog on ${name}`, () => {
    let subject: TableSubject;
    let account: string;
    beforeAll(async () => {
      subject = await open();
      account = await anAccount(subject.table);
    }, 60_000);
    afterAll(() => subject?.close());

    let made = 0;
    const create = (given: Partial<NewEntry> = {}, by: Table = subject.table) =>
      createEntry(by, account, { name: 'x', model_id: `model-${++made}`, ...given }, SIGNED);
    /** Through two connections in turn. */
    const atOnce = <T>(run: (by: Table, n: number) => Promise<T>): Promise<T>[] =>
      Array.from({ length: AT_ONCE }, (_, n) => run(n % 2 === 0 ? subject.table : subject.other, n));

    test('gives each of several new models a number of its own, and lists all of them', async () => {
      const { total } = await listEntries(subject.table, account, { page: 1, size: 1 });
      const entries = await Promise.all(atOnce((by) => create({}, by)));
      expect(new Set(entries.map(({ id }) => id)).size).toBe(AT_ONCE);
      expect(await listEntries(subject.table, account, { page: 1, size: 1 })).toMatchObject({ total: total + AT_ONCE });
    });

    test('gives a model_id to one of those that ask for it, new or changed', async () => {
      expect(await failuresOf(atOnce((by) => create({ model_id: 'wanted' }, by)))).toEqual(
        Array(AT_ONCE - 1).fill(400),
      );
      const entries = await Promise.all(atOnce(() => create()));
      const change = (by: Table, n: number) =>
        changeEntry(by, account, { id: entries[n]!.id, model_id: 'wanted later' }, SIGNED);
      expect(await failuresOf(atOnce(change))).toEqual(Array(AT_ONCE - 1).fill(400));
      const [owner] = await findByModelIds(subject.table, account, ['wanted later']);
      expect((await getEntry(subject.table, account, owner!)).model_id).toBe('wanted later');
    });

    test('loses no change of several to one model, each of which is in its history', async () => {
      const { id } = await create();
      await Promise.all(atOnce((by, n) => changeEntry(by, account, { id, name: `Name ${n}` }, SIGNED)));
      const { changes, total } = await readHistory(subject.table, account, id, { page: 1, size: 100 });
      expect(total).toBe(AT_ONCE + 1);
      expect(changes.map(({ version }) => version)).toEqual(Array.from({ length: total }, (_, n) => total - n));
      // Each begins where the one before it ended.
      for (const [n, { before }] of changes.slice(0, -1).entries()) {
        expect(before?.name).toBe(changes[n + 1]!.after?.name);
      }
      const second = await readHistory(subject.table, account, id, { page: 2, size: 4 });
      expect(second.changes).toEqual(changes.slice(4, 8));
    });

    test('lets one of several change or delete a model of a version', async () => {
      const { id } = await create();
      const change = (by: Table, n: number) => changeEntry(by, account, { id, version: 1, name: `Name ${n}` }, SIGNED);
      expect(await failuresOf(atOnce(change))).toEqual(Array(AT_ONCE - 1).fill(409));
      expect(await failuresOf(atOnce((by) => deleteEntry(by, account, { id }, SIGNED)))).toEqual(
        Array(AT_ONCE - 1).fill(404),
      );
    });

    test('frees the model_id of what is deleted, and never its number', async () => {
      const { id, model_id } = await create();
      await deleteEntry(subject.table, account, { id }, SIGNED);
      expect((await create({ model_id })).id).toBeGreaterThan(id);
    });

    test('lists active and other models apart, while they change sides', async () => {
      const other = await anAccount(subject.table);
      const items = Array.from({ length: 25 }, (_, n) => ({
        name: 'x',
        model_id: `part-${n}`,
        is_active: n % 2 === 0,
      }));
      await importEntries(subject.table, other, items, 'skip', SIGNED);
      await changeEntry(subject.table, other, { id: 1, is_active: false }, SIGNED);
      await changeEntry(subject.table, other, { id: 2, is_active: true }, SIGNED);
      const expected = Array.from({ length: 25 }, (_, n) => n + 1).filter((id) => id === 2 || (id > 1 && id % 2 === 1));
      const { entries, total } = await listEntries(subject.table, other, { page: 2, size: 5, isActive: true });
      expect([total, entries.map(({ id }) => id)]).toEqual([13, expected.slice(5, 10)]);
      const part = await entriesAfter(subject.table, other, 20, 3);
      expect([part.entries.map(({ id }) => id), part.nextAfter]).toEqual([[21, 22, 23], 23]);
      expect(await entriesAfter(subject.table, other, 22, 3)).toMatchObject({ nextAfter: null });
    });
  });
}
