import { expect, jest, test } from '@jest/globals';
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
