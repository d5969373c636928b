/** A model of the vault that is deployed to the platform. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { getManager, removeManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import { removeModel } from '#domain/vault/remove-model.ts';
import { beginServing } from '#domain/vault/served.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeHandler as makePredictHandler } from '#functions/platform/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };
import { FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(120_000);

const table = recorded.served['scikit-learn, a table'];
const PLAIN = { backup_enabled: false };
const world = useVault();
let predicting: HttpHandler;
beforeAll(() => {
  const { settings, store } = world.platform;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  predicting = makePredictHandler(permitted('platform-predict', store), { settings, logger });
});

const saveOnnx = (id: string, name: string, more = {}) => world.save(id, name, { model_data: table.onnx, ...more });
const serve = (id: string, name: string, more = {}) =>
  world.call('POST', `/${id}/models/${name}/deploy`, { deploy_to: 'trainyard', ...more });
const platform = (method: string, path: string, json?: unknown, handler?: HttpHandler) =>
  world.platform.call(
    { method, path, headers: { 'x-api-key': world.key }, ...(json === undefined ? {} : { json }) },
    handler,
  );
const predict = async (model: string) => {
  const answer = await platform('POST', `/models/${model}/predict`, { inputs: table.rows }, predicting);
  return answer.status === 200 ? answer.body.predictions.map((one: { class: string }) => one.class) : answer.status;
};
const remove = (id: string, name: string) =>
  world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true, backup_before_delete: false });
const served = async (id: string, name: string) => (await world.call('GET', `/${id}/models/${name}/info`)).body.served;

describe('a model of the vault that is deployed to the platform', () => {
  test.each([{}, { enable_encryption: false }])('answers at its predict route (%j)', async (config) => {
    const id = await world.manager({ ...PLAIN, ...config });
    await saveOnnx(id, 'species_v1.0');
    const { status, body } = await serve(id, 'species_v1.0', { service_name: `species of ${id}`, target: 'species' });
    expect([status, body]).toMatchObject([
      201,
      { deployed: true, platform_model: { name: `species of ${id}`, version: '1.0.0', task: 'classification' } },
    ]);
    expect(await predict(body.platform_model.id)).toEqual(table.labels);
    expect(body.platform_model.predict_path).toBe(`/models/${body.platform_model.id}/predict`);
    const again = await serve(id, 'species_v1.0', { service_name: `species of ${id}` });
    expect(again.body.platform_model.version).toBe('1.0.1');
  });

  test('and the two know of each other', async () => {
    const id = await world.manager(PLAIN);
    const saved = (await saveOnnx(id, 'm')).body;
    const { id: model } = (await serve(id, 'm')).body.platform_model;
    const { vault } = (await platform('GET', `/models/${model}`)).body;
    expect(vault).toMatchObject({ manager_id: id, model_name: 'm', model_id: saved.model_id, sha256: saved.hash });
    const { nodes, edges } = (await platform('GET', `/models/${model}/lineage`)).body;
    const origin = { id: vault.revision, kind: 'vault_model', name: `${id}/m`, sha256: saved.hash, exists: true };
    expect(nodes).toContainEqual(expect.objectContaining(origin));
    expect(edges).toContainEqual({ from: vault.revision, to: model, relation: 'deployed_as' });
    expect(await served(id, 'm')).toMatchObject([{ model_id: model, name: 'm', current: true }]);
    await world.save(id, 'm', { replace_existing: true });
    expect(await served(id, 'm')).toMatchObject([{ model_id: model, current: false }]);
    expect(await predict(model)).toEqual(table.labels);
  });

  test('is decrypted for the password that it has, and no other', async () => {
    const id = await world.manager(PLAIN);
    await saveOnnx(id, 'm', { password: PASSWORD });
    expect((await serve(id, 'm')).status).toBe(403);
    expect((await serve(id, 'm', { password: 'wrong' })).body.error).toBe('WrongPasswordError');
    const { body } = await serve(id, 'm', { password: PASSWORD });
    expect(await predict(body.platform_model.id)).toEqual(table.labels);
    const { audit_entries: entries } = (await world.call('GET', `/${id}/audit/trail?action_type=model_deploy`)).body;
    expect(entries.map(({ success }: { success: boolean }) => success)).toEqual([true, false, false]);
    for (let guess = 0; guess < 5; guess += 1) await serve(id, 'm', { password: 'wrong' });
    expect((await serve(id, 'm', { password: PASSWORD })).status).toBe(429);
  });

  test('is not deleted from the vault until the platform’s model is', async () => {
    const id = await world.manager(PLAIN);
    await saveOnnx(id, 'm');
    const models = [(await serve(id, 'm')).body.platform_model.id, (await serve(id, 'm')).body.platform_model.id];
    const refused = await remove(id, 'm');
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { error: 'ModelServedError', details: { served_models: ['m'], platform_models: models } },
    ]);
    const manager = () => world.call('DELETE', `/${id}?confirm_deletion=true`);
    expect([(await manager()).status, (await manager()).body.error]).toEqual([409, 'ModelServedError']);
    for (const model of models) expect((await platform('DELETE', `/models/${model}`)).status).toBe(204);
    expect(await served(id, 'm')).toEqual([]);
    expect((await remove(id, 'm')).status).toBe(200);
    expect((await manager()).status).toBe(200);
  });

  test('is not backed up in vain before its deletion is refused', async () => {
    const id = await world.manager();
    await saveOnnx(id, 'm');
    await serve(id, 'm', { service_name: id });
    expect((await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true })).status).toBe(409);
    expect((await world.call('DELETE', `/${id}`, { confirm_deletion: true })).status).toBe(409);
    expect((await world.call('GET', `/${id}/backup/list?kind=deletion`)).body.total_backups).toBe(0);
  });

  test('is guarded by the transactions themselves, whatever was read before them', async () => {
    const id = await world.manager(PLAIN);
    await saveOnnx(id, 'm');
    const { table, now } = world.platform.store;
    const manager = await getManager(table, world.accountId, id);
    const model = await getModel(table, manager, 'm');
    const by = { userId: 'user_a', address: '192.0.2.1', requestId: 'r' };
    const { id: made } = (await serve(id, 'm')).body.platform_model;
    await expect(removeModel(table, manager, model, by, now)).rejects.toThrow('The platform serves');
    await expect(removeManager(table, manager, by, now, true)).rejects.toThrow('The platform serves');
    await platform('DELETE', `/models/${made}`);
    const listing = { id: 'x', name: 'm', since: '2026-01-01T00:00:00.000Z', sha256: model.sha256 };
    const writes = await beginServing(table, model, listing);
    const others = await beginServing(table, model, { ...listing, id: 'y' });
    await removeModel(table, manager, model, by, now);
    await expect(table.transact(writes)).rejects.toThrow();
    await saveOnnx(id, 'm');
    const again = await getModel(table, manager, 'm');
    await table.transact(await beginServing(table, again, listing));
    await expect(table.transact(others)).rejects.toThrow();
    expect(await served(id, 'm')).toHaveLength(1);
  });

  test('and is deleted at the same time is one or the other', async () => {
    for (let tries = 0; tries < 4; tries += 1) {
      const id = await world.manager(PLAIN);
      await saveOnnx(id, 'm');
      const [made, gone] = await Promise.all([serve(id, 'm', { service_name: id }), remove(id, 'm')]);
      const outcome = [made.status === 201, gone.status === 200];
      expect(outcome).toEqual(outcome[0] ? [true, false] : [false, true]);
      if (made.status !== 201) expect([404, 409, 422]).toContain(made.status);
    }
  });

  test('is refused where it is no ONNX model that takes rows, with the reason', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'text');
    const { status, body } = await serve(id, 'text');
    expect([status, body.error, body.message]).toEqual([
      422,
      'UnsupportedModelError',
      expect.stringContaining('it must be an ONNX model'),
    ]);
    await saveOnnx(id, 'm');
    const wrong = await serve(id, 'm', { classes: ['only one'] });
    expect([wrong.status, Object.keys(wrong.body.details)]).toEqual([400, ['classes']]);
    expect((await serve(id, 'missing')).status).toBe(404);
    expect(await served(id, 'm')).toEqual([]);
  });

  test('is refused where a byte of it was flipped, and nothing is made of it', async () => {
    const id = await world.manager(PLAIN);
    await saveOnnx(id, 'm');
    const { artifacts } = world.platform.store.blobs;
    const { blobs } = await artifacts.list(`${world.accountId}/vault/`);
    for (const one of blobs) {
      const bytes = Buffer.concat(await (await artifacts.get(one.key)).body.toArray());
      bytes[bytes.length >> 1]! ^= 1;
      await artifacts.put(one.key, bytes);
    }
    expect((await serve(id, 'm')).body.error).toBe('IntegrityError');
    expect(await served(id, 'm')).toEqual([]);
  });

  test('needs the scope train, which the manifests of Kubernetes do not', async () => {
    const id = await world.manager(PLAIN);
    await saveOnnx(id, 'm');
    const headers = { 'x-api-key': await world.keyOf('read') };
    const deploy = (deploy_to: string) => world.call('POST', `/${id}/models/m/deploy`, { deploy_to }, { headers });
    expect([(await deploy('trainyard')).status, (await deploy('kubernetes')).status]).toEqual([403, 200]);
  });

  test('takes no field of the other target', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', { model_data: FILE.toString('base64') });
    const answer = await serve(id, 'm', { replicas: 2, namespace: 'x' });
    expect([answer.status, answer.body.details]).toEqual([
      400,
      {
        namespace: 'can only be given with deploy_to kubernetes; got trainyard',
        replicas: 'can only be given with deploy_to kubernetes; got trainyard',
      },
    ]);
    const other = await world.call('POST', `/${id}/models/m/deploy`, { deploy_to: 'kubernetes', password: PASSWORD });
    expect([other.status, Object.keys(other.body.details)]).toEqual([400, ['password']]);
  });
});
