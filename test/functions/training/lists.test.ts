/** The lists of all models: those of the service, encoders of the hub that were trained, and uploads. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { createModel } from '#domain/models/create.ts';
import { markOrphaned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { registeredName } from '#functions/training/fields.ts';
import { NOW } from '#test/domain/store.ts';
import { smallEncoder } from '#test/training/small-encoder.ts';
import { type Call, openPlatform, type Platform } from '../platform/harness.ts';
import { aModel } from '../platform/listed-records.ts';

const OWN = ['compact-text', 'deberta-v3-base', 'roberta-base', 'bert-base-uncased', 'distilbert-base-uncased'];
const HUB = 'sentence-transformers/all-MiniLM-L6-v2';
const UPLOAD = 'uploads/my-bert';

let platform: Platform;
let operator: string;

beforeAll(async () => {
  platform = await openPlatform();
  const token = await platform.login();
  operator = (await platform.call({ path: '/auth/me', token })).body.id;
  const trained = async (n: number, model_type: string, name = registeredName(model_type)) => {
    const { number: _, version: __, ...model } = { ...aModel(operator, n), name, model_type };
    const prefix = blobKeys.modelPrefix(operator, model.id);
    await platform.store.table.transact([markOrphaned('artifacts', prefix, NOW)]);
    await createModel(platform.store.table, { ...model, performance: { accuracy: n / 10 } }, isoTime(NOW));
  };
  await trained(1, HUB);
  await trained(2, HUB);
  await trained(3, UPLOAD);
  // Names like those of encoders, of models of another type.
  await trained(4, 'mlp', 'security_a--b');
  await trained(5, 'mlp', 'mine');
});
afterAll(() => platform.close());

const call = (of: Omit<Call, 'surface'>) => platform.call({ surface: 'training', operator, ...of });
const get = async (path: string, query: Record<string, string> = {}) => (await call({ path, query })).body;

describe('the lists of all models', () => {
  test('have encoders of the hub that were trained, and uploads', async () => {
    const all = await get('/models');
    expect(Object.keys(all.models).sort()).toEqual([...OWN, HUB, UPLOAD].sort());
    expect([all.available_models, all.total_models]).toEqual([Object.keys(all.models), 7]);
    expect(all.models[HUB]).toMatchObject({ trained: true, status: 'completed', performance: { accuracy: 0.2 } });
    const { latest_models } = await get('/models/latest');
    expect(Object.keys(latest_models)).toEqual([HUB, UPLOAD]);
    const { best_models } = await get('/models/best');
    expect(Object.keys(best_models)).toEqual([HUB, UPLOAD]);
    const registry = await get('/models/registry');
    expect([registry.versions[HUB].length, registry.latest_models, registry.total_models]).toEqual([
      2,
      latest_models,
      2,
    ]);
  });

  test('come page by page', async () => {
    const page = async (path: string, field: string, n: number) => {
      const { total_models, ...body } = await get(path, { page: String(n), limit: '1' });
      return [Object.keys(body[field]), total_models];
    };
    for (const [path, field] of [
      ['/models/latest', 'latest_models'],
      ['/models/best', 'best_models'],
      ['/models/registry', 'versions'],
    ] as const) {
      expect([await page(path, field, 1), await page(path, field, 2), await page(path, field, 3)]).toEqual([
        [[HUB], 2],
        [[UPLOAD], 2],
        [[], 2],
      ]);
    }
    expect(await page('/models', 'models', 7)).toEqual([[UPLOAD], 7]);
    expect((await call({ path: '/models/latest', query: { limit: '0' } })).status).toBe(400);
  });

  test('have one of the hub from its first job on', async () => {
    const model_name = 'prajjwal1/bert-tiny';
    expect((await get('/models')).models).not.toHaveProperty([model_name]);
    await call({ method: 'POST', path: '/train', json: { model_name } });
    expect((await get('/models')).models[model_name]).toMatchObject({ trained: false, status: 'queued' });
    expect((await get('/models/latest')).latest_models).not.toHaveProperty([model_name]);
  });

  test('say of an upload that it can be trained once it is complete', async () => {
    const available = async () => (await get('/models/available')).available_models;
    const headers = { 'content-type': 'application/octet-stream' };
    for (const [file, raw] of smallEncoder()) {
      expect(await available()).toEqual(expect.not.arrayContaining(['uploads/small']));
      await call({ method: 'PUT', path: `/model-loading/uploads/small/${file}`, raw, headers });
    }
    expect(await available()).toContain('uploads/small');
    expect((await get('/models')).models['uploads/small']).toMatchObject({ trained: false, status: 'not_trained' });
  });
});
