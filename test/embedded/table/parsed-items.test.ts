import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseModel } from '#domain/models/record.ts';
import { parseOnce } from '#domain/ports/table/parse-once.ts';
import type { Item } from '#domain/ports/table/port.ts';
import { ParsedItems } from '#embedded/table/parsed-items.ts';
import { openTableSubject } from './table-subject.ts';

const key = { pk: 'ACCOUNT#1', sk: 'MODEL#1' };

test('a changed item is read as it is now, whoever changed it', async () => {
  const { table, other, close } = await openTableSubject();
  const schema = { parse: (item: unknown) => ({ ...(item as Item) }) };
  const parse = parseOnce(schema);
  const read = async () => {
    const [one, [many]] = [await table.get(key), await table.getMany([key])];
    expect(many).toEqual(one);
    return one && parse(one);
  };
  try {
    const numbers = fc.integer({ min: 0, max: 2 });
    const step = fc.record({ writer: fc.constantFrom(table, other), value: fc.option(numbers) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const { writer, value } of steps) {
          await (value === null ? writer.delete(key) : writer.put({ ...key, value }));
          expect(await read()).toEqual(value === null ? undefined : { ...key, value });
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  } finally {
    await close();
  }
});

test('an item that has not changed is parsed once, and so is its record', async () => {
  const { table, close } = await openTableSubject();
  let parsed = 0;
  const parse = parseOnce({ parse: (item: unknown) => ({ of: item, nth: ++parsed }) });
  try {
    await table.put({ ...key, value: 1 });
    const [one, two] = [(await table.get(key))!, (await table.get(key))!];
    expect(two).toBe(one);
    expect(parse(two)).toBe(parse(one));
    expect(parsed).toBe(1);
  } finally {
    await close();
  }
});

test('nobody can change what others are given', () => {
  const item = new ParsedItems().parse(key, JSON.stringify({ ...key, tags: { team: 'search' } }));
  expect(() => Object.assign(item.tags as object, { team: 'other' })).toThrow(TypeError);
  const record = parseOnce({ parse: () => ({ aliases: ['champion'] }) })(item);
  expect(() => record.aliases.push('other')).toThrow(TypeError);
});

test('a record of an item that may change is parsed each time', () => {
  const item = { ...key, value: 1 };
  const parse = parseOnce({ parse: (of: unknown) => ({ value: (of as Item).value }) });
  expect(parse(item)).toEqual({ value: 1 });
  item.value = 2;
  expect(parse(item)).toEqual({ value: 2 });
});

test('an item that is no record is refused each time', () => {
  const item = new ParsedItems().parse(key, JSON.stringify(key));
  for (let n = 0; n < 2; n += 1) expect(() => parseModel(item)).toThrow('name');
});

test('however many items are read and however long they are, the texts that are kept have a bound', () => {
  const bound = 1000;
  const items = new ParsedItems(bound);
  for (let n = 0; n < 500; n += 1) {
    const of = { pk: key.pk, sk: `MODEL#${n < 250 ? n : n % 2}`, notes: 'x'.repeat((n * 37) % 1200) };
    const text = JSON.stringify(of);
    expect(items.parse(of, text)).toEqual(of);
    expect(items.characters).toBeLessThanOrEqual(bound);
  }
  expect(items.characters).toBeGreaterThan(0);
  // What was replaced or forgotten no longer counts: there is room for a text that takes nearly all of it.
  const last = { ...key, sk: 'LAST', notes: 'x'.repeat(900) };
  expect(items.parse(last, JSON.stringify(last))).toBe(items.parse(last, JSON.stringify(last)));
});
