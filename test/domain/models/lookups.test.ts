/** Models of builds that wrote nothing to find them by but their id. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NotFoundError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { keys } from '#domain/keys.ts';
import { deleteModel } from '#domain/models/change.ts';
import { latestVersion, listVersions } from '#domain/models/names.ts';
import { getModelByNumber } from '#domain/models/numbers.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { AT, anAccount, NOW, openStore, type Store } from '../store.ts';

const MODELS = 70;

let store: Store;
let account: string;
let ids: string[];

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
  ids = [];
  for (let number = 1; number <= MODELS; number++) {
    const id = newId(NOW + number);
    ids.push(id);
    await store.table.put({ ...keys.model(account, id), ...earlier(id, number) });
  }
});

/** A record as version 0.1.0 of October wrote it. */
const earlier = (id: string, number: number) => ({
  ...{ id, account_id: account, number, name: 'numbers', version: `1.0.${number - 1}`, model_type: 'mlp' },
  ...{ task: 'classification', job_id: id, dataset_id: id, target: 'b' },
  architecture: { input_shape: [1], output_classes: 2, parameters: 3 },
  performance: { accuracy: 0.5 },
  final_metrics: { train_loss: 0.5 },
  training_config: {},
  hyperparameters: {},
  artifacts: [],
  created_at: AT,
});

describe('models of an earlier build', () => {
  test('are found by number and by name', async () => {
    for (const number of [MODELS, 1, 30, 31]) {
      expect((await getModelByNumber(store.table, account, number)).id).toBe(ids[number - 1]);
    }
    expect(await latestVersion(store.table, account, 'numbers')).toMatchObject({ version: '1.0.69' });
    const { versions } = await listVersions(store.table, account, 'numbers', { limit: 100 });
    expect(versions).toHaveLength(MODELS);
  });

  test('are found after a request that ran out of time in the middle', async () => {
    let transactions = 0;
    const tired: Table = new Proxy(store.table, {
      get: (target, key) => {
        if (key === 'transact' && ++transactions > 1) throw new Error('out of time');
        const own: unknown = Reflect.get(target, key);
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
    await expect(getModelByNumber(tired, account, MODELS)).rejects.toThrow('out of time');
    expect((await getModelByNumber(store.table, account, MODELS)).id).toBe(ids.at(-1));
  });

  test('cost one read more where there is none, once all can be found', async () => {
    await getModelByNumber(store.table, account, 1);
    const reads: string[] = [];
    const table: Table = new Proxy(store.table, {
      get: (target, key) => {
        const own: unknown = Reflect.get(target, key);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]) => {
          reads.push(String(key));
          return own.apply(target, args);
        };
      },
    });
    await expect(getModelByNumber(table, account, MODELS + 1)).rejects.toThrow(NotFoundError);
    expect(reads).toEqual(['get', 'get']);
  });

  test('that are deleted meanwhile cannot be found', async () => {
    const racing: Table = new Proxy(store.table, {
      get: (target, key) => {
        const own: unknown = Reflect.get(target, key);
        if (key !== 'query' || typeof own !== 'function') return typeof own === 'function' ? own.bind(target) : own;
        return async (...args: unknown[]) => {
          const page = await own.apply(target, args);
          await deleteModel(store.table, account, ids[4]!, NOW).catch(() => undefined);
          return page;
        };
      },
    });
    expect((await getModelByNumber(racing, account, 6)).id).toBe(ids[5]);
    await expect(getModelByNumber(store.table, account, 5)).rejects.toThrow(NotFoundError);
    const { versions } = await listVersions(store.table, account, 'numbers', { limit: 100 });
    expect(versions).toHaveLength(MODELS - 1);
  });
});
