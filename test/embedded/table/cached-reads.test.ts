import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CachedReads } from '#embedded/table/cached-reads.ts';
import { openTableSubject } from './table-subject.ts';

const UNCHANGED = { own: 1, others: 1 };

const found = (value: string, expiresAt = Number.POSITIVE_INFINITY) => ({
  value,
  characters: value.length,
  expiresAt,
});

test('a page is read as it is now, whoever changed it and whatever expired', async () => {
  const { table, other, advance, seconds, close } = await openTableSubject();
  const held = new Map<string, number | undefined>();
  const page = async () =>
    (await table.query({ partition: 'P', prefix: 'a', limit: 3 })).items.map(({ sk }) => String(sk));
  try {
    const step = fc.oneof(
      fc.record({
        writer: fc.constantFrom(table, other),
        name: fc.constantFrom('a1', 'a2', 'a3', 'a4', 'b'),
        kind: fc.constantFrom('put' as const, 'delete' as const, 'expiring' as const),
      }),
      fc.constant('advance' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const one of steps) {
          if (one === 'advance') advance(10);
          else if (one.kind === 'delete') {
            await one.writer.delete({ pk: 'P', sk: one.name });
            held.delete(one.name);
          } else {
            const expiresAt = one.kind === 'expiring' ? seconds() + 5 : undefined;
            await one.writer.put({ pk: 'P', sk: one.name, ...(expiresAt === undefined ? {} : { expiresAt }) });
            held.set(one.name, expiresAt);
          }
          const names = [...held].filter(([name, until = Infinity]) => name.startsWith('a') && until > seconds());
          const expected = names.map(([name]) => name).sort();
          expect(await page()).toEqual(expected.slice(0, 3));
          expect((await table.get({ pk: 'P', sk: 'a1' })) !== undefined).toBe(expected.includes('a1'));
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  } finally {
    await close();
  }
});

test('between two changes a page is read once, and nobody can change what others are given', async () => {
  const { table, close } = await openTableSubject();
  try {
    await table.put({ pk: 'P', sk: 'a', tags: ['x'] });
    const query = { partition: 'P', limit: 5 } as const;
    const [one, two] = [await table.query(query), await table.query(query)];
    expect(two).toBe(one);
    expect(() => (one.items as unknown[]).pop()).toThrow(TypeError);
    expect(() => (one.items[0]!.tags as string[]).push('y')).toThrow(TypeError);
    await table.put({ pk: 'Q', sk: 'b' });
    expect(await table.query(query)).not.toBe(one);
  } finally {
    await close();
  }
});

test('nothing is answered for a time before it was read, when something that expired may have been there', () => {
  const reads = new CachedReads(() => UNCHANGED);
  expect(reads.read('page', 100, () => found('later', 200))).toBe('later');
  expect(reads.read('page', 199, () => found('other'))).toBe('later');
  expect(reads.read('page', 99, () => found('earlier'))).toBe('earlier');
  expect(reads.read('page', 200, () => found('expired'))).toBe('earlier');
});

test('the memory is bounded, and the longest answers are not remembered', () => {
  const reads = new CachedReads(() => UNCHANGED, 1000);
  for (let i = 0; i < 100; i++) reads.read(`page ${i}`, 1, () => found('x'.repeat(100)));
  expect(reads.characters).toBeLessThanOrEqual(1000);
  expect(reads.characters).toBeGreaterThan(800);
  const large = new CachedReads(() => UNCHANGED);
  large.read('large', 1, () => found('x'.repeat(300_000)));
  expect(large.characters).toBe(0);
});
