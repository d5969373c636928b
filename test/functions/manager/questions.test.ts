/** Where the document of the model manager leaves a question: the answer to each, in the order in which they come up. */
import { describe, expect, jest, test } from '@jest/globals';
import { FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const QUIET = { backup_enabled: false };
const post = (path: string, json?: object) => world.call('POST', path, json);
const get = async (path: string) => (await world.call('GET', path)).body;
const remove = (path: string, json?: object) => world.call('DELETE', path, json);

/** A manager with the models `a` and `b`, without backups of saves. */
async function two(more: object = {}): Promise<string> {
  const id = await world.manager(QUIET);
  for (const name of ['a', 'b']) await world.save(id, name, more);
  return id;
}

describe('a question that the document leaves', () => {
  test('a save without a password while encryption is on: the platform’s key wraps the model’s', async () => {
    const id = await two();
    expect((await get(`/${id}/models/a/info`)).encryption_info).toEqual({
      encrypted: true,
      algorithm: 'AES-256-GCM',
      key_derivation: 'platform',
    });
    expect((await world.load(id, 'a')).body.model_data).toBe(FILE.toString('base64'));
  });

  test('encrypt_backup without a password: the platform’s key, and a restore_password is no error', async () => {
    const id = await two();
    await post(`/${id}/backup/create`, { backup_name: 'x', encrypt_backup: true });
    const restore = (backup_name: string, more: object = {}) =>
      post(`/${id}/backup/restore`, { backup_name, overwrite_existing: true, ...more });
    expect((await restore('x', { restore_password: 'not needed' })).status).toBe(200);
    await post(`/${id}/backup/create`, { backup_name: 'p', backup_password: PASSWORD });
    expect([(await restore('p')).status, (await restore('p', { restore_password: 'wrong' })).status]).toEqual([
      403, 403,
    ]);
    expect((await restore('p', { restore_password: PASSWORD })).body.models_restored).toBe(2);
  });

  test('passwords and backups: none to make and restore one, the model’s own to load what was restored', async () => {
    const id = await two({ password: PASSWORD });
    expect((await post(`/${id}/backup/create`, { backup_name: 'x' })).status).toBe(201);
    await remove(`/${id}/models/a?confirm_deletion=true`);
    expect((await post(`/${id}/backup/restore`, { backup_name: 'x' })).body.restored_models).toEqual(['a']);
    expect([(await world.load(id, 'a')).status, (await world.load(id, 'a', PASSWORD)).status]).toEqual([403, 200]);
  });

  test.each(['../x', '/etc', 'C:\\x', '..\\x', './models/../../x'])(
    'a model_path of %j, which is no name below the manager, is 400',
    async (model_path) => {
      expect((await post('/create', { manager_id: 'q', config: { model_path } })).status).toBe(400);
      expect((await post(`/${await two()}/backup/create`, { backup_name: model_path })).status).toBe(400);
    },
  );

  test('deleting a manager with models: 409 with their number, or confirmed in body or query, after a backup', async () => {
    for (const confirmed of [(id: string) => remove(`/${id}?confirm_deletion=true`), undefined]) {
      const id = await two();
      expect(await remove(`/${id}`)).toMatchObject({ status: 409, body: { details: { model_count: 2 } } });
      const done = await (confirmed ? confirmed(id) : remove(`/${id}`, { confirm_deletion: true }));
      expect(done).toMatchObject({ status: 200, body: { models_deleted: 2, backup_created: true } });
      await post('/create', { manager_id: id });
      const { backups } = await get(`/${id}/backup/list`);
      expect(backups).toMatchObject([{ kind: 'deletion', model_count: 2 }]);
    }
  });

  test('deleting a model without confirm_deletion: 400', async () => {
    const id = await two();
    for (const json of [undefined, {}, { confirm_deletion: false }]) {
      expect((await remove(`/${id}/models/a`, json)).status).toBe(400);
    }
    expect((await remove(`/${id}/models/a`, { confirm_deletion: true })).status).toBe(200);
  });

  test('include_models and models_to_restore that do not exist: the others are done; 404 if none exists', async () => {
    const id = await two();
    const create = (backup_name: string, include_models: string[]) =>
      post(`/${id}/backup/create`, { backup_name, include_models });
    expect(await create('x', ['a', 'never'])).toMatchObject({
      status: 201,
      body: { models_included: 1, missing: ['never'] },
    });
    expect((await create('y', ['never'])).status).toBe(404);
    await remove(`/${id}/models/a?confirm_deletion=true`);
    const restore = (models_to_restore: string[]) =>
      post(`/${id}/backup/restore`, { backup_name: 'x', models_to_restore });
    expect((await restore(['never'])).status).toBe(404);
    expect((await restore(['a', 'never'])).body).toMatchObject({ restored_models: ['a'], missing: ['never'] });
  });

  test('model_names that do not exist: 404 with those that do', async () => {
    const id = await two();
    const compared = await post(`/${id}/models/compare`, { model_names: ['a', 'never'] });
    expect(compared).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('never'), details: { available_models: ['a'] } },
    });
  });

  test('the status of what creates: 201', async () => {
    const { status } = await post('/create', { manager_id: 'created', config: QUIET });
    const id = await two();
    expect([status, (await world.save(id, 'c')).status, (await post(`/${id}/backup/create`, {})).status]).toEqual([
      201, 201, 201,
    ]);
  });

  test('action_type=model_access: load, info and download; the day of end_date is included', async () => {
    const id = await two();
    await world.load(id, 'a');
    await get(`/${id}/models/a/info`);
    await post(`/${id}/models/download`, { model_name: 'a' });
    const today = new Date(world.platform.clock.now).toISOString().slice(0, 10);
    const { audit_entries } = await get(`/${id}/audit/trail?action_type=model_access&end_date=${today}`);
    expect(audit_entries.map(({ action }: { action: string }) => action)).toEqual([
      ...['model_download', 'model_info', 'model_load'],
    ]);
  });

  test('activating a version and deploying: routes of their own; auto_deploy is 422, with manifests otherwise', async () => {
    const id = await world.manager(QUIET);
    for (const version of ['2.0', '2.1']) await world.save(id, `classifier_v${version}`);
    expect((await post(`/${id}/models/classifier_v2.0/activate`)).status).toBe(200);
    const deploy = (more: object) => post(`/${id}/models/classifier_v2.0/deploy`, { deploy_to: 'kubernetes', ...more });
    // As the document prints it.
    const printed = { namespace: 'ml-models', service_name: 'classifier-api', auto_deploy: true };
    expect((await deploy(printed)).status).toBe(422);
    const { body } = await deploy({ ...printed, auto_deploy: false });
    expect(body).toMatchObject({ deployed: false, namespace: 'ml-models', service_name: 'classifier-api' });
    expect(Object.keys(body.manifests)).not.toHaveLength(0);
  });

  test('a second save under a name: 409, unless replace_existing, and then the one before stays', async () => {
    const id = await two();
    expect((await world.save(id, 'a')).status).toBe(409);
    expect((await world.save(id, 'a', { replace_existing: true })).status).toBe(201);
    expect((await get(`/${id}/models/a/info`)).revisions).toHaveLength(1);
  });

  test('names with a version: versions of one model; the newest is active unless another was activated', async () => {
    const id = await world.manager(QUIET);
    for (const [name, version] of [
      ['classifier_v2.1', '2.1.0'],
      ['classifier_v2.0', '2.0.0'],
    ] as const) {
      await world.save(id, name, { metadata: { version } });
    }
    const active = async () =>
      (await get(`/${id}/models/classifier/versions`)).versions.map(
        ({ version, is_active }: { version: string; is_active: boolean }) => [version, is_active],
      );
    expect(await active()).toEqual([
      ['2.1.0', true],
      ['2.0.0', false],
    ]);
    await post(`/${id}/models/classifier_v2.0/activate`);
    expect(await active()).toEqual([
      ['2.1.0', false],
      ['2.0.0', true],
    ]);
  });

  test('metrics that are better when lower are known to best, compare and search; others are assumed', async () => {
    const id = await world.manager({ ...QUIET, task_type: 'regression' });
    const lower = ['mse', 'rmse', 'mae', 'loss', 'log_loss', 'test_error', 'fit_time', 'size_kb'];
    const metrics = (value: number) => Object.fromEntries([...lower, 'elegance'].map((name) => [name, value]));
    await world.save(id, 'low', { metadata: { performance_metrics: metrics(1) } });
    await world.save(id, 'high', { metadata: { performance_metrics: metrics(2) } });
    for (const metric of lower) {
      const { best_models, assumed } = await get(`/${id}/models/best?metric=${metric}`);
      expect([metric, best_models[0].model_name, assumed]).toEqual([metric, 'low', []]);
    }
    const { best_models, assumed } = await get(`/${id}/models/best?metric=elegance`);
    expect([best_models[0].model_name, assumed]).toEqual(['high', ['elegance']]);
    const { body } = await post(`/${id}/models/compare`, { model_names: ['low', 'high'] });
    expect(body).toMatchObject({
      best_model: { by_mse: 'low', by_elegance: 'high' },
      improvements: { mse: 1 },
      assumed: ['elegance'],
    });
    const { models } = await get(`/${id}/models/search?sort_by=mse`);
    expect(models[0].model_name).toBe('low');
  });
});
