import { describe, expect, test } from '@jest/globals';
import { accountOf } from '#test/functions/platform/listed-records.ts';
import { CLAUDE, useCatalog } from './world.ts';

const world = useCatalog();

const item = (n: number, more: object = {}) => ({ name: `Model ${n}`, model_id: `imported-${n}`, ...more });
const resultsOf = (body: { data: { items: readonly { result: string }[] } }) =>
  body.data.items.map(({ result }) => result);

describe('an export', () => {
  test('in parts has every model in order, and an empty catalog imports them as they are', async () => {
    const { token } = await accountOf(world.platform, 'exporter');
    const { token: other } = await accountOf(world.platform, 'importer');
    const rich = { ...CLAUDE, is_active: false };
    const items = [rich, ...Array.from({ length: 99 }, (_, n) => item(n))];
    await world.call('import', { items }, { token });
    await world.call('import', { items: [item(100), item(101)] }, { token });
    await world.call('delete', { id: 50 }, { token });

    const parts = [];
    for (let after: number | null = 0; after !== null; ) {
      const { body } = await world.call('export', { after }, { token });
      parts.push(body.data.items);
      after = body.data.next_after;
    }
    expect(parts.map(({ length }) => length)).toEqual([100, 1]);
    for (const part of parts) {
      const { status, body } = await world.call('import', { items: part }, { token: other });
      expect([status, new Set(resultsOf(body))]).toEqual([200, new Set(['created'])]);
    }
    expect((await world.call('export', {}, { token: other })).body.data.items).toEqual(parts[0]);
    expect(parts[0][0]).toEqual(rich);
  });

  test('of nothing is empty, and at its end is so too', async () => {
    const { token } = await accountOf(world.platform, 'empty');
    expect((await world.call('export', {}, { token })).body.data).toEqual({ items: [], next_after: null });
    expect((await world.call('export', { after: 999_999_999_999_999 })).body.data.items).toEqual([]);
  });
});

describe('an import', () => {
  test('skips what is there, or updates it where it is asked to', async () => {
    const { id } = await world.created({ model_id: 'there', name: 'Before', region: 'eu' });
    const items = [{ name: 'After', model_id: 'there' }, item(200)];
    expect(resultsOf((await world.call('import', { items })).body)).toEqual(['skipped', 'created']);
    expect((await world.call('get', { id })).body.data).toMatchObject({ name: 'Before', version: 1 });
    const update = { items, existing: 'update' };
    expect(resultsOf((await world.call('import', update)).body)).toEqual(['updated', 'unchanged']);
    expect((await world.call('get', { id })).body.data).toMatchObject({ name: 'After', region: 'eu', version: 2 });
    expect(resultsOf((await world.call('import', update)).body)).toEqual(['unchanged', 'unchanged']);
  });

  test('of one that is invalid, or there twice, imports none', async () => {
    const { status, body } = await world.call('import', { items: [item(300), item(301, { top_p: 2 }), { name: 'x' }] });
    expect([status, body.message]).toEqual([
      400,
      'Invalid input data: items[1].top_p must be between 0 and 1; got 2; items[2].model_id is required',
    ]);
    const twice = await world.call('import', { items: [item(300), item(302), item(300)] });
    expect([twice.status, twice.body.message]).toEqual([
      400,
      'Invalid input data: items[2].model_id must be different from that of items[0]; got "imported-300"',
    ]);
    const { body: after } = await world.call('import', { items: [item(300)] });
    expect(resultsOf(after)).toEqual(['created']);
  });

  test('has between 1 and 100 models', async () => {
    for (const count of [0, 101]) {
      const items = Array.from({ length: count }, (_, n) => item(1000 + n));
      const { status, body } = await world.call('import', { items });
      expect([status, body.message]).toEqual([
        400,
        `Invalid input data: items must have between 1 and 100 items; got ${count}`,
      ]);
    }
  });

  test('of the largest models fits into a request, and their export into an answer', async () => {
    const { token } = await accountOf(world.platform, 'largest');
    const text = (length: number) => '漢'.repeat(length);
    const items = Array.from({ length: 100 }, (_, n) => ({
      ...{ name: text(200), model_id: `${text(190)}${n}`, description: text(2000), region: text(100) },
      ...{ max_tokens: 1e9, temperature: 1.999999, top_p: 0.999999, is_active: false },
    }));
    const { status, body } = await world.call('import', { items }, { token });
    expect([status, new Set(resultsOf(body))]).toEqual([200, new Set(['created'])]);
    const exported = await world.call('export', {}, { token });
    expect(exported.body.data.items).toEqual(items);
    expect(Buffer.byteLength(exported.text)).toBeLessThan(5_000_000);
  });

  test('by several at once creates each model once, and says who did not', async () => {
    const items = Array.from({ length: 10 }, (_, n) => item(400 + n));
    const answers = await Promise.all(Array.from({ length: 3 }, () => world.call('import', { items })));
    const results = answers.map(
      ({ body }) => body.data.items as { id: number | null; result: string; error: string }[],
    );
    for (const [n] of items.entries()) {
      const of = results.map((all) => all[n]!);
      expect(of.filter(({ result }) => result === 'created')).toHaveLength(1);
      for (const { result, id, error } of of.filter((one) => one.result !== 'created')) {
        expect([result, id === null, error]).toEqual(
          result === 'failed' ? ['failed', true, 'model_id already exists'] : ['skipped', false, null],
        );
      }
    }
  });
});
