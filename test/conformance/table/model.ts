import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConditionFailedError, TransactionFailedError } from '#domain/ports/errors.ts';
import type { Change, Condition, Item, Key, Write } from '#domain/ports/table/port.ts';
import { allPages, fresh, type Subject } from './subject.ts';

const sks = fc.constantFrom('a', 'b', 'é', '🚂', 'a#1');
const attributes = fc.constantFrom('x', 'y', 'size');
const values = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'm', '🚂'));

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant({ kind: 'absent' } as const),
  fc.constant({ kind: 'present' } as const),
  fc.record({ kind: fc.constant('missing' as const), attribute: attributes }),
  fc.record({
    kind: fc.constant('compare' as const),
    attribute: attributes,
    op: fc.constantFrom('=', '<>', '<', '<=', '>', '>='),
    value: values,
  }),
);

const write = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), sk: sks, attributes: fc.dictionary(attributes, values) }),
  fc.record({
    kind: fc.constant('update' as const),
    sk: sks,
    set: fc.dictionary(attributes, values),
    add: fc.integer({ min: -2, max: 2 }),
  }),
  fc.record({ kind: fc.constant('delete' as const), sk: sks }),
  fc.record({ kind: fc.constant('check' as const), sk: sks }),
);
const step = fc.record({
  writes: fc.uniqueArray(fc.tuple(write, fc.option(condition)), {
    minLength: 1,
    maxLength: 4,
    selector: ([{ sk }]) => sk,
  }),
});

/** A minimal model of the port: a map, without failures or waiting. */
class Model {
  readonly items = new Map<string, Item>();

  /** Applies the writes if all conditions hold; returns the positions of those that do not. */
  transact(writes: readonly Write[]): number[] {
    const failed = writes.flatMap((each, index) =>
      each.condition && !this.#holds(each.condition, sortOf(each)) ? [index] : [],
    );
    if (failed.length === 0) for (const each of writes) this.#apply(each);
    return failed;
  }

  #holds(asked: Condition, sk: string): boolean {
    const item = this.items.get(sk);
    if (asked.kind === 'absent') return item === undefined;
    if (asked.kind === 'present') return item !== undefined;
    if (asked.kind === 'missing') return item?.[asked.attribute] === undefined;
    if (asked.kind !== 'compare') throw new Error('not generated');
    const value = item?.[asked.attribute];
    if (asked.op === '=' || asked.op === '<>') return (value === asked.value) === (asked.op === '=');
    if (typeof value !== typeof asked.value) return false;
    const order =
      typeof value === 'number'
        ? value - Number(asked.value)
        : Buffer.compare(Buffer.from(String(value)), Buffer.from(String(asked.value)));
    return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[asked.op];
  }

  #apply(each: Write): void {
    if (each.kind === 'put') this.items.set(each.item.sk, each.item);
    if (each.kind === 'delete') this.items.delete(each.key.sk);
    if (each.kind !== 'update') return;
    const before = this.items.get(each.key.sk);
    const count = Number(before?.count ?? 0) + (each.change.add?.count ?? 0);
    this.items.set(each.key.sk, { ...(before ?? each.key), ...each.change.set, count });
  }
}

const sortOf = (each: Write): string => (each.kind === 'put' ? each.item.sk : each.key.sk);

function toWrite(pk: string, generated: ReturnType<typeof write.generate>['value'], asked: Condition | null): Write {
  const key: Key = { pk, sk: generated.sk };
  const having = asked === null ? {} : { condition: asked };
  if (generated.kind === 'put') return { kind: 'put', item: { ...key, ...generated.attributes }, ...having };
  if (generated.kind === 'delete') return { kind: 'delete', key, ...having };
  if (generated.kind === 'check') return { kind: 'check', key, condition: asked ?? { kind: 'absent' } };
  const change: Change = { set: generated.set, add: { count: generated.add } };
  return { kind: 'update', key, change, ...having };
}

export const model = (subject: Subject) =>
  describe('model', () => {
    test('any sequence of writes leaves what the same writes leave in a plain map', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const { table } = subject();
          const pk = fresh();
          const plain = new Model();
          for (const { writes } of steps) {
            const asked = writes.map(([generated, condition]) => toWrite(pk, generated, condition));
            expect(await attempt(table, asked)).toEqual(plain.transact(asked));
          }
          const { items } = await allPages(table, { partition: pk, limit: 2 });
          const byBytes = [...plain.items.values()].sort((a, b) =>
            Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk)),
          );
          expect(items).toEqual(byBytes);
        }),
        { numRuns: 40, seed: 7 },
      );
    }, 60_000);
  });

/** The positions of the failed conditions. A single write uses its own method of the port. */
async function attempt(table: ReturnType<Subject>['table'], writes: readonly Write[]): Promise<readonly number[]> {
  const [only] = writes;
  try {
    if (writes.length > 1 || only === undefined || only.kind === 'check') await table.transact(writes);
    else if (only.kind === 'put') await table.put(only.item, only.condition);
    else if (only.kind === 'update') await table.update(only.key, only.change, only.condition);
    else await table.delete(only.key, only.condition);
    return [];
  } catch (error) {
    if (error instanceof TransactionFailedError) return error.failed;
    if (error instanceof ConditionFailedError) return [0];
    throw error;
  }
}
