import { randomBytes } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const info = async (id: string, name: string) => (await world.call('GET', `/${id}/models/${name}/info`)).body;
const scored = (accuracy: number, more = {}) => ({
  metadata: { framework: 'sklearn', performance_metrics: { accuracy, mse: 1 - accuracy }, ...more },
});

describe('a saved model', () => {
  test.each([
    [{}, undefined, 'platform'],
    [{}, PASSWORD, 'pbkdf2'],
    [{ custom_key_derivation: { algorithm: 'Argon2', memory_cost: 19_456, time_cost: 1 } }, PASSWORD, 'argon2id'],
    [{ encryption_algorithm: 'ChaCha20Poly1305' }, PASSWORD, 'pbkdf2'],
  ])('is encrypted as its manager says (%j) and loads byte for byte', async (config, password, key_derivation) => {
    const id = await world.manager(config);
    const saved = await world.save(id, 'm', password === undefined ? {} : { password });
    expect([saved.status, saved.body.encrypted]).toEqual([201, true]);
    expect(bytesOf(await world.load(id, 'm', password)).equals(FILE)).toBe(true);
    const algorithm = (config as { encryption_algorithm?: string }).encryption_algorithm ?? 'AES-256-GCM';
    expect((await info(id, 'm')).encryption_info).toEqual({ encrypted: true, algorithm, key_derivation });
  });

  test('is stored plainly where encryption is off, and every status says so', async () => {
    const id = await world.manager({ enable_encryption: false });
    expect((await world.save(id, 'm', { password: PASSWORD })).body.encrypted).toBe(false);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
    expect((await info(id, 'm')).encryption_info).toEqual({ encrypted: false, algorithm: null, key_derivation: null });
    const status = (await world.call('GET', `/${id}/security/status`)).body;
    expect(status).toMatchObject({ encryption_enabled: false, models_encrypted: 0, models_unencrypted: 1 });
    expect((await world.call('GET', `/${id}/info`)).body.encryption_enabled).toBe(false);
  });

  test.each([{}, { encryption_algorithm: 'ChaCha20Poly1305' }, { enable_encryption: false }])(
    'of many frames is loaded as it was saved (%j)',
    async (config) => {
      const id = await world.manager({ backup_enabled: false, ...config });
      const model_data = randomBytes(3_000_000).toString('base64');
      expect((await world.save(id, 'm', { model_data })).status).toBe(201);
      const loaded = await world.load(id, 'm');
      expect([loaded.status, loaded.body.model_data === model_data]).toEqual([200, true]);
    },
  );

  test('that is replaced stays as an earlier revision', async () => {
    const id = await world.manager();
    const first = await world.save(id, 'm');
    expect((await world.save(id, 'm')).status).toBe(409);
    const bytes = Buffer.from('the second one');
    const second = await world.save(id, 'm', { model_data: bytes.toString('base64'), replace_existing: true });
    expect([second.status, second.body.model_id]).toEqual([201, first.body.model_id]);
    expect(bytesOf(await world.load(id, 'm')).equals(bytes)).toBe(true);
    expect((await info(id, 'm')).revisions).toMatchObject([{ hash: first.body.hash }]);
    expect((await world.call('GET', `/${id}/info`)).body).toMatchObject({
      model_count: 1,
      total_size_mb: bytes.length / 1e6,
    });
  });

  test('that was replaced can be loaded until its last day', async () => {
    const id = await world.manager({ backup_enabled: false, backup_retention_days: 2 });
    await world.save(id, 'm');
    await world.save(id, 'm', { model_data: Buffer.from('newer').toString('base64'), replace_existing: true });
    const revisions = async () => (await world.call('GET', `/${id}/models/m/info`)).body.revisions;
    const [{ revision }] = await revisions();
    const load = () => world.call('POST', `/${id}/models/load`, { model_name: 'm', revision });
    const day = 86_400_000;
    world.platform.clock.now += 2 * day - 1000;
    expect(bytesOf(await load()).equals(FILE)).toBe(true);
    world.platform.clock.now += 2000;
    expect([(await load()).body.error, await revisions()]).toEqual(['RevisionNotFoundError', []]);
    expect(bytesOf(await world.load(id, 'm')).toString()).toBe('newer');
  });

  test('is signed with the platform’s key, and the signature is verified at each load', async () => {
    const id = await world.manager();
    await world.save(id, 'm', { digital_signature: true });
    await world.save(id, 'unsigned');
    const { status, body } = await world.call('GET', `/${id}/models/m/signature?details=true`);
    expect([status, body]).toMatchObject([
      200,
      { algorithm: 'P-256', bundle: { mediaType: expect.stringContaining('sigstore') } },
    ]);
    expect((await world.load(id, 'm')).status).toBe(200);
    expect((await world.call('GET', `/${id}/models/unsigned/signature`)).status).toBe(404);
  });

  test('says what unpickling would import, and is refused where the manager blocks what can run anything', async () => {
    // protocol 0: os.system('id')
    const pickle = Buffer.from("cos\nsystem\n(S'id'\ntR.").toString('base64');
    const id = await world.manager();
    await world.save(id, 'm', { model_data: pickle });
    expect(await info(id, 'm')).toMatchObject({ pickle_imports: ['os.system'], dangerous: ['os.system'] });
    const strict = await world.manager({ block_unsafe_artifacts: true });
    const refused = await world.save(strict, 'm', { model_data: pickle });
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { error: 'UnsafeArtifactError', details: { dangerous: ['os.system'] } },
    ]);
    expect((await world.save(strict, 'm')).status).toBe(201);
  });

  test('is not restored into a manager that blocks it, nor is anything else then', async () => {
    const pickle = Buffer.from("cos\nsystem\n(S'id'\ntR.").toString('base64');
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'a');
    await world.save(id, 'unsafe', { model_data: pickle });
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
    await world.call('DELETE', `/${id}?confirm_deletion=true`);
    await world.call('POST', '/create', { manager_id: id, config: { block_unsafe_artifacts: true } });
    const restore = (more: object) => world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', ...more });
    for (const more of [{}, { dry_run: true }]) {
      const { status, body } = await restore(more);
      expect([status, body]).toMatchObject([
        422,
        { error: 'UnsafeArtifactError', details: { model_name: 'unsafe', dangerous: ['os.system'] } },
      ]);
    }
    expect((await world.call('GET', `/${id}/models/list`)).body.total_models).toBe(0);
    expect((await restore({ models_to_restore: ['a'] })).body.restored_models).toEqual(['a']);
  });

  test('is saved with a warning where its password protects nothing, and every status says so', async () => {
    const id = await world.manager({ enable_encryption: false });
    const saved = await world.save(id, 'm', { password: 'secure_password_123' });
    const warning = expect.stringContaining('The password has no effect');
    expect([saved.status, saved.body]).toMatchObject([201, { encrypted: false, warnings: [warning] }]);
    expect((await world.save(id, 'n')).body.warnings).toEqual([]);
    const request = { model_name: 'large', file_size: 10, password: 'secure_password_123' };
    expect((await world.call('POST', `/${id}/models/uploads`, request)).body.warnings).toEqual([warning]);
    const status = async (path: string) => (await world.call('GET', path)).body;
    expect(await status(`/${id}/security/status`)).toMatchObject({
      encryption_enabled: false,
      encryption_algorithm: null,
      key_derivation: null,
      models_unencrypted: 2,
    });
    const { managers } = await status('/list');
    expect(managers.find((one: { manager_id: string }) => one.manager_id === id)).toMatchObject({
      encryption_enabled: false,
    });
    for (const path of ['health', 'models/list']) {
      expect(await status(`/${id}/${path}`)).toMatchObject({ encryption_enabled: false });
    }
    expect((await status(`/${id}/stats`)).storage_stats).toMatchObject({ encryption_enabled: false });
  });

  test('changes its metadata and tags without its file, and a list sees it at once', async () => {
    const id = await world.manager();
    await world.save(id, 'm', { tags: ['old'], metadata: { author: 'a', framework: 'sklearn' } });
    await world.call('GET', `/${id}/models/list`);
    const changed = await world.call('PATCH', `/${id}/models/m`, {
      tags: ['new'],
      metadata: { author: null, framework: 'xgboost' },
    });
    expect([changed.status, changed.body]).toMatchObject([200, { tags: ['new'], metadata: { framework: 'xgboost' } }]);
    expect(changed.body.metadata).not.toHaveProperty('author');
    const { models } = (await world.call('GET', `/${id}/models/list`)).body;
    expect(models).toMatchObject([{ framework: 'xgboost', tags: ['new'] }]);
    expect((await world.call('PATCH', `/${id}/models/none`, { tags: [] })).status).toBe(404);
  });

  test('is deleted only when that is confirmed, in the body or in the query', async () => {
    const id = await world.manager();
    await world.save(id, 'm');
    expect((await world.call('DELETE', `/${id}/models/m`)).status).toBe(400);
    expect((await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: false })).status).toBe(400);
    expect((await world.call('DELETE', `/${id}/models/none?confirm_deletion=true`)).status).toBe(404);
    const gone = await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    expect([gone.status, gone.body]).toMatchObject([200, { backup_created: false, backup_path: null }]);
    expect((await world.load(id, 'm')).body.details).toEqual({ manager_id: id, model_name: 'm', available_models: [] });
  });
});

describe('versions', () => {
  test('are those of a family; the newest is active unless another one was activated', async () => {
    const id = await world.manager();
    for (const version of ['1.0', '1.10', '1.9', '2.0-rc1']) await world.save(id, `m_v${version}`);
    await world.save(id, 'm_other');
    const versions = async (name: string) =>
      (await world.call('GET', `/${id}/models/${name}/versions`)).body.versions.map(
        (one: { version: string; is_active: boolean }) => `${one.version}${one.is_active ? ' active' : ''}`,
      );
    expect(await versions('m_v1.0')).toEqual(['2.0-rc1 active', '1.10', '1.9', '1.0']);
    const activated = await world.call('POST', `/${id}/models/m_v1.9/activate`);
    expect([activated.status, activated.body]).toMatchObject([200, { family: 'm', previous: 'm_v2.0-rc1' }]);
    expect(await versions('m')).toEqual(['2.0-rc1', '1.10', '1.9 active', '1.0']);
    await world.call('DELETE', `/${id}/models/m_v1.9?confirm_deletion=true`);
    expect(await versions('m')).toEqual(['2.0-rc1 active', '1.10', '1.0']);
    expect((await world.call('GET', `/${id}/models/none/versions`)).status).toBe(404);
    expect((await world.call('POST', `/${id}/models/none/activate`)).status).toBe(404);
  });
});

describe('metrics', () => {
  test('that are better when lower rank the lowest first, and unknown ones are assumed', async () => {
    const id = await world.manager({ task_type: 'regression' });
    await world.save(id, 'a', { metadata: { performance_metrics: { mse: 0.5, r2: 0.5, zing: 1 } } });
    await world.save(id, 'b', { metadata: { performance_metrics: { mse: 0.1, r2: 0.9, zing: 2 } } });
    await world.save(id, 'c');
    const best = async (query: string) => (await world.call('GET', `/${id}/models/best${query}`)).body;
    expect(await best('')).toMatchObject({
      metric: 'mse',
      total_models: 2,
      best_models: [{ model_name: 'b' }, { model_name: 'a' }],
    });
    expect(await best('?metric=zing&limit=1')).toMatchObject({
      assumed: ['zing'],
      best_models: [{ model_name: 'b', zing: 2, rank: 1 }],
    });
    const compared = (await world.call('POST', `/${id}/models/compare`, { model_names: ['a', 'b'] })).body;
    expect(compared).toMatchObject({
      best_model: { by_mse: 'b', by_r2: 'b', by_zing: 'b' },
      improvements: { mse: 0.4, r2: 0.4, zing: 1 },
      assumed: ['zing'],
    });
    const missing = await world.call('POST', `/${id}/models/compare`, { model_names: ['a', 'x'] });
    expect([missing.status, missing.body.details]).toEqual([
      404,
      { manager_id: id, missing: ['x'], available_models: ['a'] },
    ]);
  });

  test('are those of the model alone, whatever a caller asks for', async () => {
    const id = await world.manager();
    for (const name of ['a', 'constructor']) await world.save(id, name, scored(0.9));
    for (const metric of ['constructor', '__proto__', 'toString']) {
      const best = (await world.call('GET', `/${id}/models/best?metric=${metric}`)).body;
      expect([metric, best.best_models, best.total_models]).toEqual([metric, [], 0]);
      const request = { model_names: ['a', 'constructor'], comparison_metrics: [metric] };
      const { comparison } = (await world.call('POST', `/${id}/models/compare`, request)).body;
      expect(Object.entries<object>(comparison).map(([name, of]) => [name, Object.entries(of)[0]])).toEqual([
        ['a', [metric, null]],
        ['constructor', [metric, null]],
      ]);
    }
  });

  test('bound a search, which finds words in any form', async () => {
    const id = await world.manager();
    await world.save(id, 'good', {
      ...scored(0.95, { description: 'a classifier of penguins' }),
      tags: ['production'],
    });
    await world.save(id, 'bad', { ...scored(0.5, { description: 'a classifier of cats' }), tags: ['production'] });
    await world.save(id, 'other', { ...scored(0.99, { framework: 'torch' }), tags: [] });
    const found = async (query: string) =>
      (await world.call('GET', `/${id}/models/search?${query}`)).body.models.map(
        (one: { model_name: string }) => one.model_name,
      );
    expect(await found('query=classification&min_accuracy=0.9')).toEqual(['good']);
    // As Python writes it.
    expect(await found('query=classification&min_accuracy=9e-01')).toEqual(['good']);
    expect(await found('query=penguin')).toEqual(['good']);
    expect(await found('max_mse=0.1&sort_by=mse')).toEqual(['other', 'good']);
    expect(await found('tags=production&sort_by=accuracy')).toEqual(['good', 'bad']);
    expect(await found('framework=SKLEARN&sort_by=name&sort_order=asc')).toEqual(['bad', 'good']);
    expect(await found('min_none=1')).toEqual([]);
    for (const query of ['min_accuracy=high', 'nothing=1', 'min_=1', 'limit=0', 'sort_order=up']) {
      expect([query, (await world.call('GET', `/${id}/models/search?${query}`)).status]).toEqual([query, 400]);
    }
  });
});

describe('a deployment', () => {
  test('is manifests with the key and the password in a Secret', async () => {
    const id = await world.manager();
    await world.save(id, 'Classifier_v2.1', scored(0.9));
    const request = { deploy_to: 'kubernetes', namespace: 'ml-models', service_name: 'classifier-api' };
    const { status, body } = await world.call('POST', `/${id}/models/Classifier_v2.1/deploy`, request);
    expect([status, body.manifests.kubernetes.map(({ kind }: { kind: string }) => kind)]).toEqual([
      200,
      ['Deployment', 'Service'],
    ]);
    expect(body.manifests.kserve[0]).toMatchObject({
      apiVersion: 'serving.kserve.io/v1beta1',
      kind: 'InferenceService',
      spec: { predictor: { model: { modelFormat: { name: 'sklearn' } } } },
    });
    const refused = await world.call('POST', `/${id}/models/Classifier_v2.1/deploy`, { ...request, auto_deploy: true });
    expect([refused.status, refused.body.message]).toEqual([
      422,
      expect.stringMatching(/auto_deploy .* Repeat the request without it/),
    ]);
    expect((await world.call('POST', `/${id}/models/x/deploy`, { ...request, namespace: 'Not a label' })).status).toBe(
      400,
    );
  });
});
