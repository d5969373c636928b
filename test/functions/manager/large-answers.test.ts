import { expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { itemOfModel } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();

const MODELS = 40;

test('a page of a search that no answer carries is refused with the limit that fits, and that one fits', async () => {
  const id = await world.manager({ backup_enabled: false, enable_encryption: false });
  const metadata = { description: 'large', facts: 'x'.repeat(130_000) };
  for (let n = 0; n < MODELS; n += 1) await world.save(id, `m${n}`, { metadata });
  const search = (query: string) => world.call('GET', `/${id}/models/search?query=large&${query}`);
  const { status, body } = await search(`limit=${MODELS}`);
  expect([status, body.details.limit]).toEqual([
    400,
    expect.stringMatching(/^must be smaller here, such as 30: .* 40 models have 52/),
  ]);
  expect((await search('limit=30')).body.models).toHaveLength(30);
  expect((await search('limit=30&page=2')).body).toMatchObject({ total_results: MODELS, models: { length: 10 } });
  expect((await world.call('GET', `/${id}/models/list`)).body.total_models).toBe(MODELS);
});

test('so is a page of a list, whose rows have tags and metrics of bounded size', async () => {
  const id = await world.manager({ backup_enabled: false, enable_encryption: false });
  const { table } = world.platform.store;
  const names = (count: number, letter: string) => Array.from({ length: count }, (_, i) => letter.repeat(124) + i);
  const performance_metrics = Object.fromEntries(names(100, 'm').map((name, i) => [name, i + 0.5]));
  await world.save(id, 'v1', { tags: names(50, 't'), metadata: { performance_metrics } });
  const manager = await getManager(table, world.accountId, id);
  const model = await getModel(table, manager, 'v1');
  // As many saves would take long.
  for (let n = 0; n < 300; n += 1) {
    const name = `f_v1.${n}`;
    const more = { name, family: 'f', version: `1.${n}` };
    await table.put(itemOfModel(keys.vaultModel(world.accountId, manager.vault, name), { ...model, ...more }));
  }
  const refused = expect.stringMatching(
    /^must be smaller here, such as \d+: these \d+ (?:models|versions) have \d{7} bytes/,
  );
  for (const [path, total] of [
    ['list?', 'total_models'],
    [`by-tags?tags=${names(1, 't')[0]}&`, 'total_models'],
    ['f/versions?', 'total_versions'],
  ] as const) {
    const call = (query: string) => world.call('GET', `/${id}/models/${path}${query}`);
    const { status, body } = await call('');
    expect([path, status, body.details]).toEqual([path, 400, { limit: refused }]);
    const [, limit] = /such as (\d+):/.exec(body.details.limit)!;
    const fits = await call(`limit=${limit}`);
    expect([fits.status, fits.body[total]]).toEqual([200, path === 'f/versions?' ? 300 : 301]);
    expect((await call(`limit=${limit}&page=2`)).status).toBe(200);
  }
});
