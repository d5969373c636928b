import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ModelInUseError, NotFoundError } from '#domain/errors.ts';
import { unpublishedEvents } from '#domain/events/outbox.ts';
import { keys } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';
import { getAlias, listAliases, moveAlias, removeAlias } from '#domain/models/aliases.ts';
import { deleteModel } from '#domain/models/change.ts';
import { findModel, getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { AT, anAccount, aReadyDataset, aRunningJob, NOW, openStore, type Store } from '../store.ts';
import { completed } from './completed.ts';

let store: Store;
let account: string;
let models: Model[];

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
  const dataset = await aReadyDataset(store.table, account);
  models = [];
  for (let i = 0; i < 3; i++) {
    const job = await aRunningJob(store.table, dataset);
    models.push((await completed(store.table, job))!.model);
  }
});

const later = (seconds: number) => isoTime(NOW + seconds * 1000);
const move = (to: Model, alias = 'champion', at = AT) => moveAlias(store.table, to, alias, at);
const counts = async () =>
  Promise.all(models.map(async ({ id }) => (await findModel(store.table, account, id))?.aliases));

async function events(type: string) {
  const found: Record<string, unknown>[] = [];
  for await (const page of unpublishedEvents(store.table, '9')) {
    for (const item of page) {
      if (item.account === account && item.type === type) found.push(item.detail as Record<string, unknown>);
    }
  }
  return found;
}

describe('an alias', () => {
  test('points to one model at every moment, whoever moves it at once', async () => {
    await Promise.all(models.map((model) => move(model)));
    const { model_id } = await getAlias(store.table, account, models[0]!.name, 'champion');
    expect(await counts()).toEqual(models.map(({ id }) => (id === model_id ? 1 : 0)));
    expect(await events('model.alias.moved')).toHaveLength(3);
  });

  test('publishes each move with both ends, and nothing where it stays', async () => {
    const [first, second] = models as [Model, Model, Model];
    await move(first);
    await move(second, 'champion', later(1));
    expect((await move(second)).event).toBeUndefined();
    await removeAlias(store.table, account, { name: first.name, alias: 'champion' }, later(2));
    const about = { model_name: first.name, alias: 'champion' };
    expect(await events('model.alias.moved')).toEqual([
      expect.objectContaining({ ...about, model_id: first.id, version: '1.0.0', previous_model_id: null }),
      expect.objectContaining({
        ...about,
        model_id: second.id,
        previous_model_id: first.id,
        previous_version: '1.0.0',
      }),
      expect.objectContaining({ ...about, model_id: null, version: null, previous_model_id: second.id }),
    ]);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  test('keeps its model from being deleted, and cannot be given to one that is gone', async () => {
    const [first, second] = models as [Model, Model, Model];
    await move(first);
    await expect(deleteModel(store.table, account, first.id, NOW)).rejects.toThrow(ModelInUseError);
    await deleteModel(store.table, account, second.id, NOW);
    await expect(move(second)).rejects.toThrow(NotFoundError);
    expect(await getAlias(store.table, account, first.name, 'champion')).toMatchObject({ model_id: first.id });
  });

  test('never dangles when its model is deleted at the same moment', async () => {
    const [first] = models as [Model, Model, Model];
    const [moved, deleted] = await Promise.allSettled([move(first), deleteModel(store.table, account, first.id, NOW)]);
    expect([moved.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    const aliases = await listAliases(store.table, account, first.name);
    expect(aliases).toHaveLength(moved.status === 'fulfilled' ? 1 : 0);
  });

  test('is one of at most a hundred of its name', async () => {
    const { name } = models[0]!;
    const alias = { name, model_id: models[0]!.id, version: '1.0.0', moved_at: AT };
    for (let i = 0; i < LIMITS.aliases; i++) {
      await store.table.put({ ...keys.modelAlias(account, name, `a${i}`), ...alias, alias: `a${i}` });
    }
    await expect(move(models[0]!)).rejects.toThrow('at most 100 aliases; got 100: remove one first');
    expect((await move(models[1]!, 'a5')).previous).toMatchObject({ model_id: models[0]!.id });
  });
});

test('a model is created and deleted with one event each', async () => {
  const { id, number, name, version, job_id } = models[0]!;
  await deleteModel(store.table, account, id, NOW);
  expect(await events('model.created')).toContainEqual(
    expect.objectContaining({
      ...{ model_id: id, number, model_name: name, version, version_reason: 'first version', job_id },
      ...{ accuracy: 1, metrics: { train_loss: 0.5 } },
    }),
  );
  expect(await events('model.deleted')).toEqual([
    expect.objectContaining({ model_id: id, number, model_name: name, version }),
  ]);
  expect(await getModel(store.table, account, models[1]!.id)).toMatchObject({ previous_id: id });
});
