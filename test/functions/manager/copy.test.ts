import { describe, expect, test } from '@jest/globals';
import { blobKeys, isStagedInPlain } from '#domain/blob-keys.ts';
import { WEIGHTS_TYPE } from '#domain/models/record.ts';
import type { Json } from '#domain/ports/table/port.ts';
import { getManager } from '#domain/vault/managers.ts';
import { PostponedError } from '#functions/manager/jobs/work.ts';
import { copyWork } from '#functions/manager/models/platform-copy/work.ts';
import { deliverer } from './deliver.ts';
import { ONNX, platformModel } from './platform-model.ts';
import { bytesOf, PASSWORD, useVault } from './world.ts';

/** Everything but the smallest outlasts its request. */
const LIMIT = 50_000;
const world = useVault((adapters) => adapters, { vaultBytesAtOnce: LIMIT });
const deliver = deliverer(world);
const LARGE = Buffer.alloc(LIMIT + 1, 'weights ');

const staged = async () => {
  const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.filter(({ key }) => isStagedInPlain(key)).map(({ key }) => key);
};

const copy = (id: string, source_model_id: string, more = {}) =>
  world.call('POST', `/${id}/models/copy`, { model_name: 'copied', source_model_id, ...more });

describe('a model of the platform', () => {
  test('is saved by one call, with what the platform knows of it', async () => {
    const id = await world.manager();
    const source = await platformModel(world);
    const { status, body } = await copy(id, source.id, { metadata: { description: 'ours' }, tags: ['a'] });
    expect([status, body.hash, body.backup_created]).toEqual([201, source.artifacts[0]!.sha256, true]);
    expect(bytesOf(await world.load(id, 'copied')).equals(ONNX)).toBe(true);
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
    const others = await platformModel(world, { account_id: 'another-account' });
    for (const source of [others.id, 'nothing']) expect((await copy(id, source)).status).toBe(404);
    const trail = await world.call('GET', `/${id}/audit/trail?action_type=model_save`);
    expect(trail.body.audit_entries.map(({ success }: { success: boolean }) => success)).toEqual([false, false]);
  });

  test('that is a file of weights is that file', async () => {
    const id = await world.manager();
    const weights = Buffer.from('weights of others');
    const files = { 'model.safetensors': weights, 'model-card.md': Buffer.from('# weights') };
    const source = await platformModel(world, { model_type: WEIGHTS_TYPE }, files);
    const { status, body } = await copy(id, source.id);
    expect([status, body.warnings]).toEqual([201, []]);
    expect(bytesOf(await world.load(id, 'copied')).equals(weights)).toBe(true);
    const { metadata } = (await world.call('GET', `/${id}/models/copied/info`)).body;
    expect([metadata.framework, metadata.files]).toEqual(['safetensors', ['model.safetensors']]);
  });

  test('whose bytes are not those that were written is not saved, and leaves nothing behind', async () => {
    const id = await world.manager();
    const source = await platformModel(world);
    const { artifacts } = world.platform.store.blobs;
    await artifacts.put(blobKeys.modelFile(world.accountId, source.id, 'model.onnx'), ONNX.toReversed());
    const { status, body } = await copy(id, source.id);
    expect([status, body.error]).toEqual([409, 'FileDamagedError']);
    expect((await world.call('GET', `/${id}/models/list`)).body.total_models).toBe(0);
    expect(await staged()).toEqual([]);
  });

  test('which its manager does not take is refused, and nothing of it stays in plain', async () => {
    const id = await world.manager({ block_unsafe_artifacts: true });
    // protocol 0: os.system('id')
    const files = { 'model.pth': Buffer.from("cos\nsystem\n(S'id'\ntR.") };
    const { status, body } = await copy(id, (await platformModel(world, { model_type: WEIGHTS_TYPE }, files)).id);
    expect([status, body.error]).toEqual([422, 'UnsafeArtifactError']);
    expect(await staged()).toEqual([]);
  });

  test('that is large goes on as a job, in which the password is not needed', async () => {
    const id = await world.manager();
    const source = await platformModel(world, {}, { 'model.onnx': LARGE });
    const copyOnce = () => copy(id, source.id, { password: PASSWORD, digital_signature: true });
    const going = await copyOnce();
    expect([going.status, going.body]).toMatchObject([202, { model_name: 'copied', status: 'in_progress' }]);
    expect(await staged()).toEqual([]);
    expect(await deliver()).toBe(true);
    const { status, body } = await copyOnce();
    expect([status, body]).toMatchObject([201, { hash: source.artifacts[0]!.sha256, backup_created: true }]);
    expect(bytesOf(await world.load(id, 'copied', PASSWORD)).equals(LARGE)).toBe(true);
    expect((await world.call('GET', `/${id}/models/copied/info`)).body.signed).toBe(true);
    expect(await staged()).toEqual([]);
  });

  test('that was saved by a process that died afterwards is not copied again', async () => {
    const manager = await getManager(world.platform.store.table, world.accountId, await world.manager());
    const source = await platformModel(world, {}, { 'model.onnx': LARGE });
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const { store: adapters, settings } = world.platform;
    const services = { adapters, settings, logger, quantize: () => Promise.reject(), freeMemory: () => 0 };
    const request = { model_name: 'copied', source_id: source.id, metadata: {}, tags: [], replace: false, sign: false };
    const by = { userId: 'ada', address: '192.0.2.1', requestId: 'r' };
    const asked = { manager, by, request, secrets: {} };
    const never = { reached: (progress: Json) => Promise.reject(new PostponedError(progress)) };
    const { progress } = await copyWork.run(services, asked, undefined, never).then(
      () => Promise.reject(new Error('it has not been postponed')),
      (postponed: PostponedError) => postponed,
    );
    const resume = () => copyWork.resume(services, asked, progress, { reached: async () => {} });
    const { hash } = await resume();
    expect([hash, (await resume()).hash]).toEqual([source.artifacts[0]!.sha256, hash]);
    expect((await world.call('GET', `/${manager.id}/models/copied/info`)).body.revisions).toEqual([]);
    expect(await staged()).toEqual([]);
  });

  test('beyond what a model may have is refused with its size and the bound', async () => {
    const id = await world.manager();
    const { artifacts } = await platformModel(world);
    const source = await platformModel(world, { artifacts: [{ ...artifacts[0]!, size: 5_000_000_001 }] });
    const { status, body } = await copy(id, source.id);
    expect([status, body.details]).toMatchObject([422, { size_bytes: 5_000_000_001, limit_bytes: 5_000_000_000 }]);
  });
});
