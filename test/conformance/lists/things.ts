/** What the groups of tests about lists have in common. */
import { z } from 'zod';
import { atLeast, equals, startsWith } from '#domain/lists/filters.ts';
import type { ListSpec } from '#domain/lists/list.ts';
import { number, text } from '#domain/lists/order.ts';
import type { Table, Write } from '#domain/ports/table/port.ts';

const record = z.object({ id: z.string(), name: z.string(), score: z.number().optional(), kind: z.string() });
export type Thing = z.infer<typeof record>;

export const spec: ListSpec<Thing> = {
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
export const single: ListSpec<Thing> = { ...spec, kind: 'SINGLE', sorts: { name: spec.sorts.name! }, parts: () => [] };

export const aThing = (id: number, given: Partial<Thing> = {}): Thing => ({
  id: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
  name: `thing ${id % 7}`,
  kind: id % 3 === 0 ? 'a' : 'b',
  ...(id % 5 === 0 ? {} : { score: (id * 37) % 101 }),
  ...given,
});

export const put = (account: string, thing: Thing): Write => ({
  kind: 'put',
  item: { ...spec.keyOf(account, thing.id), ...thing },
});

export const ORDERS = ['ascending', 'descending'] as const;
const byId = (a: Thing, b: Thing) => (a.id < b.id ? -1 : 1);
export const COMPARE: Readonly<Record<string, (a: Thing, b: Thing) => number>> = {
  name: (a, b) => Buffer.compare(Buffer.from(text(a.name)), Buffer.from(text(b.name))) || byId(a, b),
  score: (a, b) => (a.score ?? Number.NEGATIVE_INFINITY) - (b.score ?? Number.NEGATIVE_INFINITY) || byId(a, b),
};

/** The same table; `happens` is called before each of its methods. */
export const intercepted = (table: Table, happens: (method: string) => Promise<void>): Table =>
  new Proxy(table, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await happens(String(name));
        return method.apply(target, args);
      };
    },
  });
