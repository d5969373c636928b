import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { keys } from '#domain/keys.ts';
import type { Model } from '#domain/models/record.ts';
import { itemOf } from '#domain/vault/item.ts';
import { aModel } from '#test/functions/platform/listed-records.ts';
import { linearModel } from './onnx.ts';
import { bytesOf, useVault } from './world.ts';

const world = useVault();
const FILE = linearModel();

/** A model of the platform, with its file. */
async function platformModel(accountId: string, given: Partial<Model> = {}): Promise<Model> {
  const { table, blobs } = world.platform.store;
  const sha256 = createHash('sha256').update(FILE).digest('hex');
  const artifacts = [{ file: 'model.onnx', size: FILE.length, sha256 }];
  const model = { ...aModel(accountId, 1), artifacts, performance: { accuracy: 0.9 }, ...given };
  await table.put(itemOf(keys.model(accountId, model.id), model));
  await blobs.artifacts.put(blobKeys.modelFile(accountId, model.id, 'model.onnx'), FILE);
  return model;
}

const copy = (id: string, source_model_id: string, more = {}) =>
  world.call('POST', `/${id}/models/copy`, { model_name: 'copied', source_model_id, ...more });

describe('a model of the platform', () => {
  test('is saved by one call, with what the platform knows of it', async () => {
    const id = await world.manager();
    const source = await platformModel(world.accountId);
    const { status, body } = await copy(id, source.id, { metadata: { description: 'ours' }, tags: ['a'] });
    expect([status, body.hash, body.backup_created]).toEqual([201, source.artifacts[0]!.sha256, true]);
    expect(bytesOf(await world.load(id, 'copied')).equals(FILE)).toBe(true);
    const info = (await world.call('GET', `/${id}/models/copied/info`)).body;
    expect([info.version, info.metadata]).toMatchObject([
      source.version,
      {
        framework: 'onnx',
        algorithm: source.model_type,
        description: 'ours',
        performance_metrics: { accuracy: 0.9 },
        source: { model_id: source.id },
      },
    ]);
    expect((await copy(id, source.id)).status).toBe(409);
    expect((await copy(id, source.id, { replace_existing: true })).status).toBe(201);
  });

  test('of another account, or none, is 404, and audited', async () => {
    const id = await world.manager();
    const others = await platformModel('another-account');
    for (const source of [others.id, 'nothing']) expect((await copy(id, source)).status).toBe(404);
    const trail = await world.call('GET', `/${id}/audit/trail?action_type=model_save`);
    expect(trail.body.audit_entries.map(({ success }: { success: boolean }) => success)).toEqual([false, false]);
  });
});
