/** Archives that somebody has made by hand: nothing in them is believed that a save would not have taken. */
import { describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { itemOfModel } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { tar } from '#functions/manager/backup/tar.ts';
import { recordOf } from '#functions/manager/models/platform-copy/record.ts';
import { collected } from '#functions/manager/models/seal.ts';
import { file, node } from '#test/engine/onnx/files.ts';
import { aModel } from '#test/functions/platform/listed-records.ts';
import { archiveOf, type GivenModel, partsOf, sealedBy, takenOut, upload, withModels } from './forged.ts';
import { platformModel } from './platform-model.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const PLAIN = { backup_enabled: false };
/** protocol 0: os.system('id') */
const PICKLE = Buffer.from("cos\nsystem\n(S'id'\ntR.").toString('base64');

const restore = (id: string, more: object = {}) =>
  world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', ...more });
const remove = (id: string, name: string) =>
  world.call('DELETE', `/${id}/models/${name}?confirm_deletion=true&backup_before_delete=false`);
const infoOf = async (id: string, name: string) => (await world.call('GET', `/${id}/models/${name}/info`)).body;
const deploy = (id: string, name: string) =>
  world.call('POST', `/${id}/models/${name}/deploy`, { deploy_to: 'trainyard', service_name: `${id} ${name}` });
const changed =
  (change: (model: GivenModel['model']) => object) =>
  (models: readonly GivenModel[]): object[] =>
    models.map((one) => ({ ...one, model: change(one.model) }));

/** A manager that blocks what is not safe, of the same id. */
async function blocking(id: string): Promise<void> {
  await world.call('DELETE', `/${id}`);
  await world.call('POST', '/create', { manager_id: id, config: { ...PLAIN, block_unsafe_artifacts: true } });
}

describe('a backup whose manifest says that a model is a copy of one of the platform', () => {
  const outside = {
    name: 'w',
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'x' }],
  };
  const graphs = {
    'reads a file': file({ node: [node('Identity', ['w'], ['y'])], initializer: [outside] }),
    'never ends': file({ node: [node('Loop', ['x'], ['y'])] }),
    'is plain': file({ node: [node('Identity', ['x'], ['y'])] }),
  };

  async function archiveWith(onnx: Uint8Array): Promise<Uint8Array> {
    const files = { 'model.onnx': onnx, 'serving.json': Buffer.from('{}') };
    const artifacts = Object.entries(files).map(([file, { length: size }]) => ({ file, size, sha256: '' }));
    const record = Buffer.from(JSON.stringify(recordOf({ ...aModel(world.accountId, 1), artifacts })));
    const all = Object.entries({ 'trainyard.json': record, ...files });
    return collected(
      tar(
        all.map(([name, bytes]) => ({ name, size: bytes.length, body: [bytes] })),
        0,
      ),
    );
  }
  const saved = async (onnx: Uint8Array) => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', { model_data: Buffer.from(await archiveWith(onnx)).toString('base64') });
    return id;
  };

  test.each(Object.entries(graphs))('is not believed, where its graph %s', async (_, onnx) => {
    const id = await saved(onnx);
    const parts = await takenOut(world, id);
    await remove(id, 'm');
    const more = { archive_of: 'model_1', archive_proof: { version: 1 }, upload: 'another' };
    expect(
      (
        await upload(
          world,
          id,
          await withModels(
            parts,
            changed((model) => ({ ...model, ...more })),
          ),
        )
      ).status,
    ).toBe(201);
    expect((await restore(id)).body.restored_models).toEqual(['m']);
    const { table } = world.platform.store;
    const record = await getModel(table, await getManager(table, world.accountId, id), 'm');
    expect([record.archive_of, record.archive_proof, record.upload]).toEqual([undefined, undefined, undefined]);
    const { status, body } = await deploy(id, 'm');
    expect([status, body.error]).toEqual([422, 'UnsupportedModelError']);
  });

  test('is refused also where an earlier version has restored it, since it has no proof', async () => {
    const id = await saved(graphs['reads a file']);
    const { table } = world.platform.store;
    const record = await getModel(table, await getManager(table, world.accountId, id), 'm');
    const key = keys.vaultModel(world.accountId, record.vault, 'm');
    await table.put(itemOfModel(key, { ...record, archive_of: 'model_1' }));
    const { status, body } = await deploy(id, 'm');
    const reason = expect.stringContaining('has no proof');
    expect([status, body.error, body.message]).toEqual([422, 'UnsupportedModelError', reason]);
  });
});

describe('a copy of a model of the platform', () => {
  const texts = { 'model.onnx': file({ node: [node('Identity', ['x'], ['y'])] }), 'encoder.json': Buffer.from('{}') };
  async function copied() {
    const id = await world.manager(PLAIN);
    const source = await platformModel(world, { account_id: world.accountId, model_type: 'compact-text' }, texts);
    await world.call('POST', `/${id}/models/copy`, { model_name: 'm', source_model_id: source.id });
    return { id, parts: await takenOut(world, id) };
  }

  test('is one again after a restore from a backup that is not encrypted, by its proof', async () => {
    const { id, parts } = await copied();
    await remove(id, 'm');
    expect((await upload(world, id, await archiveOf(parts))).status).toBe(201);
    expect((await restore(id)).status).toBe(200);
    expect((await deploy(id, 'm')).status).toBe(201);
  });

  test.each([
    ['another model', { archive_of: 'model_1' }],
    ['other bytes', { sha256: undefined }],
  ])('has a proof that is none for %s', async (_, change) => {
    const { id, parts } = await copied();
    const given = JSON.parse(parts.manifest.toString()).models[0].model;
    await world.save(id, 'other');
    const others = await takenOut(world, id, { include_models: ['other'] });
    await remove(id, 'other');
    const { archive_of, archive_proof, sha256 } = given;
    const more = { archive_of, archive_proof, ...change };
    const forged =
      'archive_of' in change
        ? await withModels(
            parts,
            changed((model) => ({ ...model, ...more })),
          )
        : await withModels(
            others,
            changed((model) => ({ ...model, archive_of, archive_proof })),
          );
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    await remove(id, 'm');
    expect((await upload(world, id, forged)).status).toBe(201);
    expect((await restore(id)).status).toBe(200);
    expect((await deploy(id, 'archive_of' in change ? 'm' : 'other')).body.error).toBe('UnsupportedModelError');
  });
});

describe('a manager that blocks what is not safe', () => {
  test('takes no pickle out of a backup that a password of its author opens', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', { model_data: PICKLE });
    const parts = await takenOut(world, id);
    const without = await partsOf(
      await withModels(
        parts,
        changed(({ pickle: _, ...model }) => model),
      ),
    );
    const forged = await sealedBy(PASSWORD, without);
    await remove(id, 'm');
    await blocking(id);
    expect((await upload(world, id, forged)).status).toBe(201);
    const { status, body } = await restore(id, { restore_password: PASSWORD });
    expect([status, body.error]).toEqual([422, 'UnsafeArtifactError']);
    expect((await world.call('GET', `/${id}/models/list`)).body.total_models).toBe(0);
  });

  test('takes no model that only a password opens, and says why', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', { model_data: PICKLE, password: PASSWORD });
    const parts = await takenOut(world, id);
    const forged = await withModels(
      parts,
      changed(({ pickle: _, ...model }) => model),
    );
    await remove(id, 'm');
    await blocking(id);
    await upload(world, id, forged);
    for (const dry_run of [true, false]) {
      const { status, body } = await restore(id, { dry_run });
      expect([status, body.error, body.message]).toEqual([
        422,
        'UnsafeArtifactError',
        expect.stringContaining('could not be scanned'),
      ]);
      expect(body.details.scanned_completely).toBe(false);
    }
  });
});

test('what nobody vouches for is in the record as not scanned, so that no later backup says that it is safe', async () => {
  const id = await world.manager(PLAIN);
  await world.save(id, 'secret', { model_data: PICKLE, password: PASSWORD });
  await world.save(id, 'open', { model_data: PICKLE });
  const parts = await takenOut(world, id);
  const forged = await withModels(
    parts,
    changed(({ pickle: _, ...model }) => model),
  );
  for (const name of ['secret', 'open']) await remove(id, name);
  await upload(world, id, forged);
  expect((await restore(id)).status).toBe(200);
  expect(await infoOf(id, 'open')).toMatchObject({ dangerous: ['os.system'] });
  expect((await world.call('POST', `/${id}/backup/create`, { backup_name: 'own' })).status).toBe(201);
  for (const name of ['secret', 'open']) await remove(id, name);
  await blocking(id);
  for (const name of ['secret', 'open']) {
    const { body } = await restore(id, { backup_name: 'own', models_to_restore: [name] });
    expect(body.error).toBe('UnsafeArtifactError');
  }
});
