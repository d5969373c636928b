/** By what models are ranked: what their authors say, and what is known of each. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useVault } from './world.ts';

const world = useVault();
let id = '';
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  const save = (name: string, bytes: number, metadata: object) =>
    world.save(id, name, { model_data: Buffer.alloc(bytes, 7).toString('base64'), metadata });
  await save('small', 1000, { training_time_seconds: 60, performance_metrics: { zork: 1 } });
  await save('large', 3000, { training_time: 20, performance_metrics: { zork: 2 } });
  await save('middle', 2000, { performance_metrics: { zork: 3, size: 9 } });
});

const best = async (query: string) => (await world.call('GET', `/${id}/models/best?${query}`)).body;
const namesOf = (models: { model_name: string }[]) => models.map(({ model_name }) => model_name);
const search = async (query: string) => (await world.call('GET', `/${id}/models/search?${query}`)).body;

describe('models are ranked', () => {
  test.each(['size', 'size_mb'])('by %s, the smallest first', async (metric) => {
    const own = metric === 'size' ? ['small', 'large', 'middle'] : ['small', 'middle', 'large'];
    expect(namesOf((await best(`metric=${metric}`)).best_models)).toEqual(own);
    expect(namesOf((await search(`sort_by=${metric}`)).models)).toEqual(own);
    expect(namesOf((await search(`sort_by=${metric}&sort_order=desc`)).models)).toEqual(own.toReversed());
  });

  test.each(['training_time', 'training_time_seconds'])('by %s, the fastest first', async (metric) => {
    expect(namesOf((await best(`metric=${metric}`)).best_models)).toEqual(['large', 'small']);
    expect(namesOf((await search(`sort_by=${metric}`)).models)).toEqual(['large', 'small', 'middle']);
    expect(namesOf((await search(`max_${metric}=30`)).models)).toEqual(['large']);
  });

  test('by the same where they are compared', async () => {
    const model_names = ['small', 'large'];
    const json = { model_names, comparison_metrics: ['size', 'training_time'] };
    const { comparison, best_model } = (await world.call('POST', `/${id}/models/compare`, json)).body;
    expect(comparison.small).toMatchObject({ size: 0.001, size_mb: 0.001, training_time: 60 });
    expect(best_model).toEqual({ by_size: 'small', by_training_time: 'large' });
  });

  test('by a metric that is not known, which the answer says', async () => {
    const found = await search('sort_by=zork');
    expect([namesOf(found.models), found.assumed]).toEqual([['middle', 'large', 'small'], ['zork']]);
    for (const query of ['sort_by=accuracy', 'sort_by=name', 'sort_by=zork&sort_order=asc', 'query=small']) {
      expect((await search(query)).assumed).toEqual([]);
    }
  });

  test('page by page', async () => {
    const { best_models, total_models } = await best('metric=zork&limit=2&page=2');
    expect([best_models, total_models]).toEqual([[{ model_name: 'small', zork: 1, rank: 3 }], 3]);
  });
});
