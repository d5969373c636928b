import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { NotFoundError } from '#domain/errors.ts';
import { deleteModel } from '#domain/models/change.ts';
import { listModels, MODEL_SORTS, type ModelsWanted } from '#domain/models/lists.ts';
import { getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { AT, anAccount, aReadyDataset, aRunningJob, NOW, openStore, type Store } from '../store.ts';
import { completed, LAST } from './completed.ts';

let store: Store;
let account: string;
let dataset: Dataset;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
  dataset = await aReadyDataset(store.table, account);
});

const completeLater = async () => complete(await aRunningJob(store.table, dataset), isoTime(NOW + 1000));

const complete = async (job: Job, created_at = AT): Promise<Model | undefined> =>
  (await completed(store.table, job, { created_at }))?.model;

const listed = (given: Partial<ModelsWanted> = {}) =>
  listModels(store.table, account, { sort: 'name', order: 'ascending', limit: 10, ...given });

describe('completing a job', () => {
  test('ends it, frees its slot, and creates a model with number and version', async () => {
    const job = await aRunningJob(store.table, dataset);
    const model = await complete(job);
    expect(model).toMatchObject({ number: 1, version: '1.0.0' });
    expect(await getJob(store.table, account, job.id)).toMatchObject({
      status: 'completed',
      progress: 100,
      ...LAST,
      model_id: model!.id,
      final_metrics: { train_loss: 0.5 },
    });
    expect(await getAccount(store.table, account)).toMatchObject({ active_jobs: 0, last_model_number: 1 });
    expect(await getModel(store.table, account, model!.id)).toEqual(model);
  });

  test('numbers all models when several complete at once', async () => {
    const jobs = await Promise.all([1, 2, 3, 4, 5].map(() => aRunningJob(store.table, dataset)));
    const models = await Promise.all(jobs.map((job) => complete(job)));
    expect(models.map((model) => model!.number).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(models.map((model) => model!.version).sort()).toEqual(['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4']);
    const ids = models.map((model) => model!.id).sort();
    for (const sort of MODEL_SORTS) {
      const { records, total } = await listed({ sort });
      expect([records.map(({ id }) => id).sort(), total]).toEqual([ids, 5]);
    }
  });

  test('raises the part of the version that matches the change', async () => {
    const steps: [Partial<Job>, string][] = [
      [{}, '1.0.0'],
      [{}, '1.0.1'],
      [{ hyperparameters: { epochs: 3 } }, '1.1.0'],
      [{ hyperparameters: { epochs: 3 }, model_type: 'other' }, '2.0.0'],
      [{ model_name: 'another lineage' }, '1.0.0'],
    ];
    for (const [given, version] of steps) {
      expect((await complete(await aRunningJob(store.table, dataset, given)))?.version).toBe(version);
    }
  });

  test('creates nothing for a job that was stopped', async () => {
    const job = await aRunningJob(store.table, dataset);
    await stopJob(store.table, job, AT);
    expect(await complete(job)).toBeUndefined();
    expect(await listed()).toMatchObject({ records: [], total: 0 });
    expect(await getAccount(store.table, account)).toMatchObject({ active_jobs: 0, last_model_number: 0 });
  });
});

describe('the models of an account', () => {
  test('are counted up and down', async () => {
    const one = await complete(await aRunningJob(store.table, dataset));
    await complete(await aRunningJob(store.table, dataset));
    expect(await getAccount(store.table, account)).toMatchObject({ models: 2 });
    await deleteModel(store.table, account, one!.id, NOW);
    await expect(deleteModel(store.table, account, one!.id, NOW)).rejects.toThrow(NotFoundError);
    expect(await getAccount(store.table, account)).toMatchObject({ models: 1 });
  });

  test('are in each list, and in those of their type, from their creation to their deletion', async () => {
    const jobs = await Promise.all(
      ['mlp', 'mlp', 'other'].map((model_type) => aRunningJob(store.table, dataset, { model_type })),
    );
    const models = await Promise.all(jobs.map((job) => complete(job)));
    for (const sort of MODEL_SORTS) {
      expect((await listed({ sort })).total).toBe(3);
      expect((await listed({ sort, modelType: 'mlp' })).total).toBe(2);
      expect((await listed({ sort, modelType: 'other' })).records).toEqual([models[2]]);
    }
    await Promise.all(models.slice(1).map((model) => deleteModel(store.table, account, model!.id, NOW)));
    for (const sort of MODEL_SORTS) {
      expect((await listed({ sort })).records).toEqual([models[0]]);
      expect((await listed({ sort, modelType: 'mlp' })).records).toEqual([models[0]]);
      expect(await listed({ sort, modelType: 'other' })).toMatchObject({ records: [], total: 0 });
    }
  });

  test('are listed by name with the newest of a name first', async () => {
    const [first, second] = [await complete(await aRunningJob(store.table, dataset)), await completeLater()];
    const other = await complete(await aRunningJob(store.table, dataset, { model_name: 'a name before' }));
    expect((await listed()).records).toEqual([other, second, first]);
  });
});

describe('a model', () => {
  test('does not exist for another account, and is deleted once', async () => {
    const model = await complete(await aRunningJob(store.table, dataset));
    const stranger = await anAccount(store.table);
    await expect(getModel(store.table, stranger, model!.id)).rejects.toThrow(NotFoundError);
    await expect(deleteModel(store.table, stranger, model!.id, NOW)).rejects.toThrow(NotFoundError);
    await deleteModel(store.table, account, model!.id, NOW);
    await expect(deleteModel(store.table, account, model!.id, NOW)).rejects.toThrow(NotFoundError);
  });
});
