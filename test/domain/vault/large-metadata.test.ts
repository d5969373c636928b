/** Metadata may have 128 KiB: what is in memory of each model, and what a request does with it, is bounded all the same. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { compareModels } from '#domain/vault/compare.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { itemOfModel, type Metadata, metricsOf, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { search } from '#domain/vault/search.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { compareVersions } from '#domain/vault/versions.ts';
import { AT, openStore, type Store } from '#test/domain/store.ts';

const BYTES = 130_000;

const model = (vault: string, n: number, metadata: Metadata, more: Partial<StoredModel> = {}): StoredModel => ({
  id: `model_${n}`,
  name: `model_v${n}`,
  account_id: 'a',
  manager_id: 'm',
  vault,
  revision: `${n}`,
  family: 'model',
  version: '1.0.0',
  metadata,
  tags: ['tagged'],
  size: 1000,
  sha256: '',
  compressed: false,
  digests: { plaintext: { sha256: '', bytes: 1 }, ciphertext: { sha256: '', bytes: 1 } },
  created_at: AT,
  modified_at: AT,
  saved_by: 'user_a',
  ...more,
});

/** Words that no other model has, as many as fit. */
function words(n: number): string {
  const some: string[] = [];
  for (let at = 0; at * 9 < BYTES; at += 1) some.push(`w${(n * 100_000 + at).toString(36).padStart(6, '0')}`);
  return some.join(' ');
}

const metrics = (n: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: 8000 }, (_, at) => [`metric_${n}_${at}`, at]));

describe('models with as much metadata as they may have', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(() => store.close());

  const summariesOf = async (vault: string, models: readonly StoredModel[]) => {
    for (const one of models) await store.table.put(itemOfModel(keys.vaultModel('a', vault, one.name), one));
    return readSummaries(store.table, { id: vault, account_id: 'a', vault } as Manager);
  };

  test('take little memory each, and are found by the beginning of their descriptions', async () => {
    const models = Array.from({ length: 20 }, (_, n) =>
      model('v', n, { description: words(n), framework: 'f'.repeat(BYTES / 2) }),
    );
    const summaries = await summariesOf('v', models);
    expect(summaries.bytes / models.length).toBeLessThan(150_000);
    const [first, last] = [words(3).slice(0, 7), words(3).slice(-7)];
    const found = (query: string) => search(summaries, { query }).matches.map(({ summary }) => summary.name);
    expect([found(first), found(last)]).toEqual([['model_v3'], []]);
    expect(found('tagged')).toHaveLength(models.length);
  });

  test('are refused where those of a manager take more memory than there is for one, until some are gone', async () => {
    const models = Array.from({ length: 6 }, (_, n) => model('many', n, { description: words(n) }));
    const of = { id: 'large', account_id: 'a', vault: 'many' } as Manager;
    const each = (await summariesOf('many', models)).bytes / models.length;
    // What is in memory of it is that of another vault by now: it is read anew.
    const anew = { ...of, vault: 'again' };
    for (const one of models) await store.table.put(itemOfModel(keys.vaultModel('a', 'again', one.name), one));
    const read = () => readSummaries(store.table, anew, 4.5 * each);
    await expect(read()).rejects.toMatchObject({ status: 422, facts: { manager_id: 'large', models_read: 6 } });
    await expect(read()).rejects.toThrow("Manager 'large' has too many models to list and search");
    for (const one of models.slice(0, 2)) await store.table.delete(keys.vaultModel('a', 'again', one.name));
    expect((await read()).byName.size).toBe(4);
  });

  test('of several managers are not read at once where that takes more memory than there is', async () => {
    const managers = ['p', 'q', 'r'].map((vault) => ({ id: vault, account_id: 'a', vault }) as Manager);
    for (const { vault } of managers) {
      const key = keys.vaultModel('a', vault, 'm');
      await store.table.put(itemOfModel(key, model(vault, 0, { description: words(0) }, { name: 'm' })));
    }
    const most = 1.5 * (await readSummaries(store.table, managers[0]!)).bytes;
    const [, second, third] = managers.map((of) => readSummaries(store.table, of, most));
    const outcomes = await Promise.allSettled([second, third]);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { status: 503 } }]);
    for (const of of managers) expect((await readSummaries(store.table, of, most)).byName.size).toBe(1);
  });

  test('take none once they are gone', async () => {
    const summaries = await summariesOf('w', [
      model('w', 1, { description: words(1), performance_metrics: metrics(1) }),
    ]);
    expect(summaries.bytes).toBeGreaterThan(0);
    summaries.delete('model_v1');
    expect(summaries.bytes).toBe(0);
  });

  test('are listed and compared by a hundred metrics', () => {
    const models = [1, 2].map((n) => model('v', n, { performance_metrics: metrics(n) }));
    expect(models.map((one) => Object.keys(metricsOf(one)).length)).toEqual([100, 100]);
    const { comparison } = compareModels(models, undefined);
    expect(Object.keys(comparison.model_v1!)).toHaveLength(100 + 2);
    expect(metricsOf(model('v', 1, { performance_metrics: { ['n'.repeat(129)]: 1, accuracy: 2 } }))).toEqual({
      accuracy: 2,
    });
  });

  test('have versions that are compared by their beginning', () => {
    const long = '1.'.repeat(BYTES / 2);
    expect(versionOf('m', { version: long })).toHaveLength(128);
    // An earlier release stored all of it.
    expect(compareVersions(`${long}1`, `${long}2`)).toBe(0);
    expect(compareVersions('9'.repeat(BYTES), '2')).toBeGreaterThan(0);
  });

  test('have no part of what was cut off in memory', async () => {
    const summaries = await summariesOf('x', [model('x', 1, {}, { version: '2'.repeat(BYTES) })]);
    expect(summaries.byName.get('model_v1')?.version).toBe('2'.repeat(128));
  });
});

describe('a comparison', () => {
  const of = (n: number, given: Record<string, number>, metadata: Metadata = {}) =>
    model('v', n, { performance_metrics: given, ...metadata });

  test('shows what authors say of training time and size before what is measured', () => {
    const models = [of(1, { training_time: 12, size: 3 }), of(2, { size: 2 }, { training_time_seconds: 20 })];
    expect(compareModels(models, ['size'])).toMatchObject({
      comparison: {
        model_v1: { training_time: 12, size: 3, size_mb: 0.001 },
        model_v2: { training_time: 20, size: 2, size_mb: 0.001 },
      },
      best_model: { by_size: 'model_v2' },
    });
  });

  test('has numbers for improvements, also where the difference is none', () => {
    const { improvements } = compareModels([of(1, { accuracy: 1e308 }), of(2, { accuracy: -1e308 })], undefined);
    expect(improvements).toEqual({ accuracy: Number.MAX_VALUE });
  });
});
