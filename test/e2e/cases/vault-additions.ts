/** The vault's routes beyond its document. */
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };
import { User } from '../user.ts';
import { vaultCall } from '../vault-user.ts';
import type { World } from '../world.ts';

const FILE = Buffer.from(`weights ${'0.1 '.repeat(5000)}`).toString('base64');
const PASSWORD = 'secure_password_123';
const FAST = { use_scrypt: false, key_iterations: 100_000 };
const { onnx, rows, labels } = recorded.served['scikit-learn, a table'];

export function vaultAdditions(world: World): void {
  describe('the vault beyond its document', () => {
    let owner: User;
    beforeAll(async () => {
      owner = await User.register(world);
    });
    const call = vaultCall(world, () => owner);
    let made = 0;
    async function manager(config: object = {}): Promise<string> {
      const id = `more_${++made}`;
      const { status } = await call('POST', '/create', {
        manager_id: id,
        config: { ...FAST, backup_enabled: false, ...config },
      });
      expect(status).toBe(201);
      return id;
    }
    async function save(id: string, model_name: string, more: object = {}) {
      const answer = await call('POST', `/${id}/models/save`, { model_name, model_data: FILE, ...more });
      expect(answer).toMatchObject({ status: 201 });
      return answer;
    }

    test('serves an ONNX model at the platform, which then holds it in the vault', async () => {
      const id = await manager();
      await save(id, 'species_v1.0', { model_data: onnx, password: PASSWORD });
      const deploy = (more: object) =>
        call('POST', `/${id}/models/species_v1.0/deploy`, { deploy_to: 'trainyard', target: 'species', ...more });
      expect((await deploy({})).status).toBe(403);
      const { status, body } = await deploy({ password: PASSWORD });
      expect([status, body]).toMatchObject([201, { deployed: true, platform_model: { task: 'classification' } }]);
      const { id: model, predict_path } = body.platform_model;
      const answer = await owner.client.post<{ predictions: { class: string }[] }>(predict_path, { inputs: rows });
      expect(answer.predictions.map((one) => one.class)).toEqual(labels);
      expect(await owner.client.get(`/models/${model}/lineage`)).toMatchObject({
        edges: [{ to: model, relation: 'deployed_as' }],
      });
      const remove = () =>
        call('DELETE', `/${id}/models/species_v1.0`, { confirm_deletion: true, backup_before_delete: false });
      expect(await remove()).toMatchObject({ status: 409, body: { error: 'ModelServedError' } });
      await owner.client.delete(`/models/${model}`);
      expect((await remove()).status).toBe(200);
    });

    test('takes a model of the platform, with a version of 8 bits beside it', async () => {
      const job = await owner.train((await owner.uploadPenguins()).id, { epochs: 2 });
      await owner.jobIs(job, ({ status }) => status === 'completed');
      const { model_id } = await owner.results(job);
      const id = await manager({ enable_quantization: true });
      const copied = await call('POST', `/${id}/models/copy`, { model_name: 'penguins', source_model_id: model_id });
      expect(copied).toMatchObject({ status: 201, body: { encrypted: true } });
      const { int8, warnings } = copied.body;
      expect(int8 === null ? warnings : [int8.size_mb > 0, int8.largest_difference >= 0]).toEqual(
        int8 === null ? [expect.stringContaining('There is no int8 version')] : [true, true],
      );
      const info = (await call('GET', `/${id}/models/penguins/info`)).body;
      expect(info.metadata).toMatchObject({ framework: 'onnx', source: { model_id } });
      const loaded = await call('POST', `/${id}/models/load`, { model_name: 'penguins' });
      const file = Buffer.from(await owner.client.download(`/models/${model_id}/download`));
      expect(Buffer.from(loaded.body.model_data, 'base64').equals(file)).toBe(true);
    });

    test('activates a version, changes metadata, keeps earlier revisions, and forgets what is deleted', async () => {
      const id = await manager();
      for (const version of ['1.0', '2.0']) await save(id, `m_v${version}`);
      expect((await call('POST', `/${id}/models/m_v1.0/activate`)).body).toMatchObject({ previous: 'm_v2.0' });
      const { versions } = (await call('GET', `/${id}/models/m/versions`)).body;
      expect(versions.map(({ is_active }: { is_active: boolean }) => is_active)).toEqual([false, true]);
      const change = { metadata: { framework: 'onnx', author: null }, tags: ['new'] };
      expect(await call('PATCH', `/${id}/models/m_v1.0`, change)).toMatchObject({
        status: 200,
        body: { tags: ['new'], metadata: { framework: 'onnx' } },
      });
      await save(id, 'm_v1.0', { model_data: Buffer.from('newer').toString('base64'), replace_existing: true });
      const [{ revision }] = (await call('GET', `/${id}/models/m_v1.0/info`)).body.revisions;
      const load = async (more: object) =>
        (await call('POST', `/${id}/models/load`, { model_name: 'm_v1.0', ...more })).body.model_data;
      expect([await load({ revision }), await load({})]).toEqual([FILE, Buffer.from('newer').toString('base64')]);
      const deletion = { confirm_deletion: true, backup_before_delete: false };
      expect((await call('DELETE', `/${id}/models/m_v1.0`, deletion)).status).toBe(200);
      await save(id, 'm_v1.0');
      const after = (await call('GET', `/${id}/models/m/versions`)).body.versions;
      expect(after.map(({ is_active }: { is_active: boolean }) => is_active)).toEqual([true, false]);
    });

    test('signs with the key of the platform, as anybody can verify', async () => {
      const id = await manager();
      const { hash } = (await save(id, 'm', { digital_signature: true })).body;
      const { body } = await call('GET', `/${id}/models/m/signature?details=true`);
      const { payload, payloadType, signatures } = body.bundle.dsseEnvelope;
      const statement = Buffer.from(payload, 'base64');
      // What DSSE signs: the type and the body, each with its length.
      const signed = Buffer.concat([
        Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
        statement,
      ]);
      const key = createPublicKey(body.public_key);
      const isValid = verifySignature('sha256', signed, key, Buffer.from(signatures[0].sig, 'base64'));
      expect([isValid, statement.toString()]).toEqual([true, expect.stringContaining(hash)]);
    });

    test('tries its restores, and says so in its health', async () => {
      const id = await manager();
      await save(id, 'm', { password: PASSWORD });
      expect((await call('POST', `/${id}/backup/drill`)).status).toBe(404);
      await call('POST', `/${id}/backup/create`, { backup_name: 'b' });
      expect(await call('POST', `/${id}/backup/drill`)).toMatchObject({
        status: 200,
        body: { passed: true, models_restored: 1, failures: [] },
      });
      expect((await call('GET', `/${id}/health`)).body).toMatchObject({
        status: 'healthy',
        restore_drill: { passed: true },
      });
    });

    test('answers with manifests that hold no secret', async () => {
      const id = await manager();
      await save(id, 'Fraud_Model', { password: PASSWORD });
      const answer = await call('POST', `/${id}/models/Fraud_Model/deploy`, { deploy_to: 'kubernetes' });
      expect(answer).toMatchObject({ status: 200, body: { service_name: 'fraud-model', deployed: false } });
      expect(JSON.stringify(answer.body)).not.toContain(PASSWORD);
      expect(answer.body.manifests.secret.stringData).toEqual({ 'api-key': '', password: '' });
    });

    test('exports the audit trail as it verifies it', async () => {
      const id = await manager();
      await save(id, 'm');
      for (const what of ['info', 'versions']) await call('GET', `/${id}/models/m/${what}`);
      const { head, entries, valid } = (await call('GET', `/${id}/audit/verify`)).body;
      expect([valid, entries]).toEqual([true, 4]);
      const response = await fetch(`${world.bases.manager}/api/model-manager/${id}/audit/export`, {
        headers: { authorization: `Bearer ${owner.client.token}` },
      });
      const lines = (await response.text()).trimEnd().split('\n');
      const exported = lines.map((line) => JSON.parse(line)).reverse();
      expect(exported.map(({ action }) => action)).toEqual([
        ...['manager_create', 'model_save', 'model_info', 'model_versions', 'audit_verify'],
      ]);
      expect(exported[3].hash).toBe(head);
      expect(exported.slice(1).map(({ previous }) => previous)).toEqual(exported.slice(0, -1).map(({ hash }) => hash));
    });

    test('finishes as a job what takes longer than a request', async () => {
      // The most that a derivation may take: a few seconds, twice for each model.
      const id = await manager({ key_iterations: 5_000_000, hash_algorithm: 'sha512' });
      // One after another: an account that has several such derivations at once is told to come back later.
      for (const name of ['a', 'b', 'c']) await save(id, name, { password: PASSWORD });
      const rotate = () =>
        call('PUT', `/${id}/security/password`, { old_password: PASSWORD, new_password: 'another one' });
      const statuses: number[] = [];
      const { body } = await owner.until(rotate, ({ status }) => statuses.push(status) > 0 && status !== 202);
      expect(body).toMatchObject({ rotated: 3, failed: 0, remaining: 0, status: 'completed' });
      expect(statuses.slice(0, -1)).toEqual(Array(statuses.length - 1).fill(202));
      const load = (password: string) => call('POST', `/${id}/models/load`, { model_name: 'c', password });
      expect((await load('another one')).status).toBe(200);
    }, 300_000);
  });
}
