/** Every look at a manager is in its audit trail, and what is measured of it is real. */
import { randomBytes } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { AUDIT_ACTIONS } from '#domain/vault/audit.ts';
import { ACTION_GROUPS } from '#domain/vault/audit-trail.ts';
import { getManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import { describedRoutes } from '#functions/manager/routes.ts';
import { linearModel } from './onnx.ts';
import { FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault();
const get = (path: string) => world.call('GET', path);
interface Entry {
  readonly action: string;
  readonly success: boolean;
}
const actionsOf = async (id: string, query: string): Promise<string[]> =>
  (await get(`/${id}/audit/trail?${query}`)).body.audit_entries.map(({ action }: Entry) => action);

describe('a look', () => {
  const looks: readonly [string, string][] = [
    ['/info', 'manager_info'],
    ['/models/m/info', 'model_info'],
    ['/models/m/versions', 'model_versions'],
    ['/models/m/signature', 'model_signature'],
    ['/models/list', 'model_list'],
    ['/models/search?query=m', 'model_search'],
    ['/models/by-tags?tags=a', 'model_search'],
    ['/models/best', 'model_search'],
    ['/backup/list', 'backup_list'],
    ['/security/status', 'security_status'],
    ['/stats', 'manager_stats'],
    ['/health', 'health_check'],
    ['/audit/trail', 'audit_trail'],
    ['/audit/verify', 'audit_verify'],
    ['/audit/export', 'audit_export'],
  ];

  test.each(looks)('at %s is an entry %s', async (path, action) => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { digital_signature: true });
    expect((await get(`/${id}${path}`)).status).toBe(200);
    expect(await actionsOf(id, 'limit=1')).toEqual([action]);
  });

  test('that fails is an entry too', async () => {
    const id = await world.manager({ backup_enabled: false });
    for (const what of ['info', 'versions', 'signature']) {
      expect((await get(`/${id}/models/none/${what}`)).status).toBe(404);
    }
    expect(await actionsOf(id, 'success=false')).toEqual(['model_signature', 'model_versions', 'model_info']);
  });

  test('cannot be had by any GET of the document that is not among these', () => {
    // An archive has an entry of its own kind; the URLs of an upload are no look at what is stored.
    const uploads = ['/models/uploads/{upload_id}', '/backup/uploads/{upload_id}'];
    const others = ['/backup/{backup_name}/download', ...uploads];
    const below = describedRoutes
      .filter(({ method, path }) => method === 'GET' && path.includes('{manager_id}'))
      .map(({ path }) => path.replace('/api/model-manager/{manager_id}', ''));
    const tried = looks.map(([path]) => path.replace('/m/', '/{model_name}/').replace(/\?.*/, ''));
    expect(below.filter((path) => !others.includes(path)).sort()).toEqual([...new Set(tried)].sort());
  });

  test('is found by its group: every action is in one, but for those of managers', () => {
    const grouped = Object.values(ACTION_GROUPS).flat();
    expect(grouped).toHaveLength(new Set(grouped).size);
    expect(AUDIT_ACTIONS.filter((action) => !grouped.includes(action))).toEqual(['manager_create', 'manager_delete']);
  });

  test.each(Object.entries(ACTION_GROUPS))('is filtered by %s', async (group, actions) => {
    const id = await world.manager();
    await world.save(id, 'm', { digital_signature: true });
    await world.load(id, 'm');
    for (const [path] of looks) await get(`/${id}${path}`);
    const found = await actionsOf(id, `action_type=${group}&limit=1000`);
    expect(found.filter((action) => !actions.some((one) => one === action))).toEqual([]);
    const all = await actionsOf(id, 'limit=1000');
    // The first of them came in between.
    expect(found).toEqual(all.slice(1).filter((action) => actions.some((one) => one === action)));
  });
});

describe('what is measured', () => {
  const statsOf = async (id: string) => (await get(`/${id}/stats`)).body;

  test('is nothing before the first operation', async () => {
    const id = await world.manager();
    expect(await statsOf(id)).toEqual({
      storage_stats: {
        total_models: 0,
        total_size_mb: 0,
        average_model_size_mb: 0,
        encrypted_models: 0,
        encryption_enabled: true,
        compressed_models: 0,
      },
      access_stats: { total_accesses: 0, unique_models_accessed: 0, most_accessed_model: null, last_access: null },
      performance_stats: { average_save_time: null, average_load_time: null, cache_hit_rate: null },
    });
  });

  test('are the models, the loads and where their files were', async () => {
    const id = await world.manager({ backup_enabled: false });
    const random = randomBytes(5000).toString('base64');
    await world.save(id, 'compressible');
    await world.save(id, 'random', { model_data: random, password: PASSWORD });
    for (let times = 0; times < 3; times += 1) await world.load(id, 'random', PASSWORD);
    await world.load(id, 'compressible');
    await world.load(id, 'random', 'wrong');
    const { storage_stats: storage, access_stats: access, performance_stats: performance } = await statsOf(id);
    expect(storage).toMatchObject({ total_models: 2, encrypted_models: 2, compressed_models: 1 });
    expect(storage.average_model_size_mb).toBeCloseTo(storage.total_size_mb / 2, 12);
    expect(storage.total_size_mb).toBeCloseTo((5000 + FILE.length) / 1e6, 12);
    expect(access).toMatchObject({ total_accesses: 4, unique_models_accessed: 2, most_accessed_model: 'random' });
    expect(performance.cache_hit_rate).toBe(0.5);
  });

  test('are the times of the operations, by the clock', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { clock, store } = world.platform;
    const put = store.blobs.artifacts.put;
    // A second passes for each file that is written.
    const slow = jest.spyOn(store.blobs.artifacts, 'put').mockImplementation(async (...given) => {
      clock.now += 1000;
      return put.apply(store.blobs.artifacts, given);
    });
    await world.save(id, 'a');
    await world.save(id, 'b');
    slow.mockRestore();
    expect((await statsOf(id)).performance_stats.average_save_time).toBe(1);
  });
});

describe('health', () => {
  const health = async (id: string) => (await get(`/${id}/health`)).body;
  const fileOf = async (id: string, name: string) => {
    const { table } = world.platform.store;
    const manager = await getManager(table, world.accountId, id);
    const { account_id, vault, revision } = await getModel(table, manager, name);
    return {
      data: blobKeys.vaultFile(account_id, vault, revision),
      int8: blobKeys.vaultInt8(account_id, vault, revision),
    };
  };

  test('is that of files that are there and as they were', async () => {
    const id = await world.manager({ backup_enabled: false, enable_quantization: true });
    await world.save(id, 'm', { model_data: linearModel().toString('base64') });
    expect(await health(id)).toMatchObject({ status: 'healthy', checks: { model_integrity: true } });
    const { artifacts } = world.platform.store.blobs;
    const { data, int8 } = await fileOf(id, 'm');
    for (const key of [data, int8]) {
      const bytes = Buffer.concat(await (await artifacts.get(key)).body.toArray());
      await artifacts.put(key, Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]));
      expect(await health(id)).toMatchObject({ status: 'unhealthy', checks: { model_integrity: false } });
      await artifacts.put(key, bytes);
    }
    await artifacts.delete(data);
    expect(await health(id)).toMatchObject({ status: 'unhealthy', checks: { model_integrity: false } });
  });

  test('says how long this version has been deployed', async () => {
    const id = await world.manager();
    const { clock } = world.platform;
    const first = (await health(id)).uptime;
    const [, hours, minutes] = /^0d (\d+)h (\d+)m$/.exec(first)!.map(Number);
    clock.now += ((26 - hours!) * 60 + 3 - minutes!) * 60_000;
    expect((await health(id)).uptime).toBe('1d 2h 3m');
  });

  test('is that of the storage and of the keys when it is asked for', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { blobs, keys } = world.platform.store;
    const broken = new Error('it is broken');
    const storage = jest.spyOn(blobs.artifacts, 'put').mockRejectedValue(broken);
    expect(await health(id)).toMatchObject({ status: 'unhealthy', checks: { storage_accessible: false } });
    storage.mockRestore();
    const key = jest.spyOn(keys, 'generateDataKey').mockRejectedValue(broken);
    expect(await health(id)).toMatchObject({ status: 'unhealthy', checks: { encryption_working: false } });
    key.mockRestore();
    const backups = jest.spyOn(blobs.backups, 'head').mockRejectedValue(broken);
    expect(await health(id)).toMatchObject({ status: 'degraded', checks: { backup_system: false } });
    backups.mockRestore();
    expect(await health(id)).toMatchObject({ status: 'healthy' });
  });
});
