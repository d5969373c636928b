import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { appendAudit } from '#domain/vault/audit.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { itemOfModel, type StoredModel } from '#domain/vault/model.ts';
import { search } from '#domain/vault/search.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { AT, NOW, openStore, type Store } from '#test/domain/store.ts';

jest.setTimeout(120_000);

const MODELS = 10_000;
const of = { id: 'm', account_id: 'a', vault: 'v' } as Manager;
const by = { userId: 'user_a', address: '', requestId: '' };

const model = (n: number): StoredModel => ({
  id: `model_${n}`,
  name: `model${n % 500}_v${Math.floor(n / 500)}`,
  account_id: 'a',
  manager_id: 'm',
  vault: 'v',
  revision: `${n}`,
  family: `model${n % 500}`,
  version: `${Math.floor(n / 500)}`,
  metadata: {
    framework: ['sklearn', 'torch', 'xgboost'][n % 3]!,
    algorithm: ['RandomForestClassifier', 'ResNet', 'GradientBoosting'][n % 3]!,
    description: `a model of ${['penguins', 'houses', 'prices', 'faces'][n % 4]} number ${n}`,
    performance_metrics: { accuracy: (n % 1000) / 1000, mse: 1 / (n + 1) },
  },
  tags: [n % 2 === 0 ? 'production' : 'staging', `team${n % 20}`],
  size: 1000,
  sha256: '',
  compressed: false,
  digests: { plaintext: { sha256: '', bytes: 1 }, ciphertext: { sha256: '', bytes: 1 } },
  created_at: AT,
  modified_at: AT,
  saved_by: 'user_a',
});

describe('a search among ten thousand models', () => {
  let store: Store;
  const reads: string[] = [];
  beforeAll(async () => {
    store = await openStore();
    const items = Array.from({ length: MODELS }, (_, n) => model(n)).map((one) =>
      itemOfModel(keys.vaultModel('a', 'v', one.name), one),
    );
    for (let at = 0; at < items.length; at += 100) {
      await store.table.transact(items.slice(at, at + 100).map((item) => ({ kind: 'put', item })));
    }
  });
  afterAll(() => store.close());

  /** The store's table, which notes what is read. */
  const counting = (): Store['table'] =>
    new Proxy(store.table, {
      get(target, key) {
        const own: unknown = Reflect.get(target, key);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]) => {
          reads.push(String(key));
          return own.apply(target, args);
        };
      },
    });

  test('reads one item once the models are in memory, and finds what a scan finds', async () => {
    const table = counting();
    expect((await readSummaries(table, of)).byName.size).toBe(MODELS);
    reads.length = 0;
    const summaries = await readSummaries(table, of);
    const wanted = { query: 'penguin classifier', tags: ['production'], bounds: [{ metric: 'accuracy', min: 0.9 }] };
    const found = search(summaries, wanted).matches.map(({ summary }) => summary.name);
    expect(reads).toEqual(['get']);
    const expected = Array.from({ length: MODELS }, (_, n) => n)
      .filter((n) => n % 4 === 0 && n % 3 === 0 && n % 1000 >= 900)
      .map((n) => model(n).name);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test('sees a change at once, and reads only what changed', async () => {
    const table = counting();
    const before = search(await readSummaries(table, of), { query: 'zebra' });
    expect(before.matches).toEqual([]);
    const changed = { ...model(7), metadata: { description: 'zebras' } };
    const gone = model(8);
    const event = { action: 'model_update', model_name: changed.name, success: true } as const;
    const key = keys.vaultModel('a', 'v', changed.name);
    await appendAudit(store.table, of, by, event, () => NOW, [{ kind: 'put', item: itemOfModel(key, changed) }]);
    const deleted = { action: 'model_delete', model_name: gone.name, success: true } as const;
    const removal = { kind: 'delete', key: keys.vaultModel('a', 'v', gone.name) } as const;
    await appendAudit(store.table, of, by, deleted, () => NOW, [removal]);
    reads.length = 0;
    const summaries = await readSummaries(table, of);
    expect(reads).toEqual(['get', 'query', 'getMany']);
    expect(search(summaries, { query: 'zebra' }).matches.map(({ summary }) => summary.name)).toEqual([changed.name]);
    expect(summaries.byName.has(gone.name)).toBe(false);
    expect(search(summaries, { query: 'penguins number 8' }).matches.map(({ summary }) => summary.name)).not.toContain(
      gone.name,
    );
  });
});
