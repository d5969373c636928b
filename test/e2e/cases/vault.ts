import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import { vaultCall } from '../vault-user.ts';
import type { World } from '../world.ts';

const FILE = Buffer.from(`weights ${'0.1 '.repeat(20_000)}`).toString('base64');
const PASSWORD = 'secure_password_123';

export function vault(world: World): void {
  describe('the vault', () => {
    let owner: User;
    let stranger: User;
    beforeAll(async () => {
      [owner, stranger] = [await User.register(world), await User.register(world)];
    });

    const call = vaultCall(world, () => owner);

    test('saves, loads, finds, backs up, deletes, restores and re-encrypts models, and audits all of it', async () => {
      expect((await call('POST', '/create', { manager_id: 'prod' })).status).toBe(201);
      for (const [version, accuracy] of [
        ['2.0', 0.94],
        ['2.1', 0.96],
      ] as const) {
        const saved = await call('POST', '/prod/models/save', {
          model_name: `classifier_v${version}`,
          model_data: FILE,
          password: PASSWORD,
          metadata: { framework: 'sklearn', performance_metrics: { accuracy } },
          tags: ['production'],
        });
        expect(saved).toMatchObject({ status: 201, body: { encrypted: true, backup_created: true } });
      }
      const load = (password: string) => call('POST', '/prod/models/load', { model_name: 'classifier_v2.1', password });
      expect(await load(PASSWORD)).toMatchObject({ status: 200, body: { model_data: FILE, integrity_verified: true } });
      expect(await load('wrong')).toMatchObject({ status: 403, body: { error: 'WrongPasswordError' } });

      expect(await call('GET', '/prod/models/search?query=classification&min_accuracy=0.95')).toMatchObject({
        body: { total_results: 1, models: [{ model_name: 'classifier_v2.1' }] },
      });
      expect(await call('GET', '/prod/models/classifier/versions')).toMatchObject({
        body: { versions: [{ version: '2.1', is_active: true }, { version: '2.0' }] },
      });
      expect(await call('GET', '/prod/models/list')).toMatchObject({ body: { total_models: 2 } });
      expect(await call('GET', '/list')).toMatchObject({ body: { total_managers: 1 } });

      expect((await call('POST', '/prod/backup/create', { backup_name: 'daily' })).status).toBe(201);
      const gone = await call('DELETE', '/prod/models/classifier_v2.1', { confirm_deletion: true });
      expect(gone).toMatchObject({ status: 200, body: { backup_created: true } });
      expect((await load(PASSWORD)).status).toBe(404);
      expect(await call('POST', '/prod/backup/restore', { backup_name: 'daily' })).toMatchObject({
        body: { restored_models: ['classifier_v2.1'], skipped_models: ['classifier_v2.0'] },
      });

      const passwords = { old_password: PASSWORD, new_password: 'another one', rotate_model_keys: true };
      expect(await call('PUT', '/prod/security/password', passwords)).toMatchObject({
        body: { rotated: 2, failed: 0 },
      });
      expect((await load('another one')).body.model_data).toBe(FILE);
      expect(await call('GET', '/prod/health')).toMatchObject({ body: { status: 'healthy' } });
      expect(await call('GET', '/prod/audit/verify')).toMatchObject({ body: { valid: true } });
      const accesses = await call('GET', '/prod/audit/trail?action_type=model_access');
      expect(accesses.body.audit_entries.map(({ success }: { success: boolean }) => success)).toEqual([
        true,
        false,
        false,
        true,
      ]);
    });

    test('gives a backup as an archive, and takes it back', async () => {
      await call('POST', '/create', { manager_id: 'archived', config: { backup_enabled: false } });
      await call('POST', '/archived/models/save', { model_name: 'm', model_data: FILE });
      await call('POST', '/archived/backup/create', { backup_name: 'b' });
      const url = `${world.bases.manager}/api/model-manager/archived/backup`;
      const headers = { authorization: `Bearer ${owner.client.token}` };
      const archive = await fetch(`${url}/b/download`, { headers });
      expect([archive.status, archive.headers.get('content-disposition')]).toEqual([
        200,
        'attachment; filename="b.tar.gz"',
      ]);
      const body = await archive.arrayBuffer();
      expect((await call('DELETE', '/archived/backup/b')).status).toBe(200);
      await call('DELETE', '/archived/models/m', { confirm_deletion: true });
      const upload = (bytes: ArrayBuffer) =>
        fetch(`${url}/upload`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/gzip' },
          body: bytes,
        });
      expect((await upload(body.slice(0, -50))).status).toBe(400);
      expect((await upload(body)).status).toBe(201);
      expect((await upload(body)).status).toBe(409);
      expect(await call('POST', '/archived/backup/restore', { backup_name: 'b' })).toMatchObject({
        body: { restored_models: ['m'] },
      });
      expect(await call('POST', '/archived/models/load', { model_name: 'm' })).toMatchObject({
        body: { model_data: FILE },
      });
    });

    test('takes and gives models in parts that no request could carry', async () => {
      await call('POST', '/create', { manager_id: 'large', config: { use_scrypt: false, key_iterations: 100_000 } });
      const file = Buffer.concat([Buffer.alloc(15 * 1_048_576, 'a'), Buffer.from('the rest')]);
      const started = await call('POST', '/large/models/uploads', {
        model_name: 'm',
        password: PASSWORD,
        file_size: file.length,
      });
      const size = started.body.part_size as number;
      expect([started.status, started.body.parts.length]).toEqual([201, 4]);
      const put: { part: number; etag: string }[] = [];
      for (const { part, url } of started.body.parts) {
        const answer = await fetch(url, { method: 'PUT', body: file.subarray((part - 1) * size, part * size) });
        put.push({ part, etag: answer.headers.get('etag')! });
      }
      const complete = () => call('POST', `/large/models/uploads/${started.body.upload_id}/complete`, { parts: put });
      const saved = await complete();
      expect(saved).toMatchObject({ status: 201, body: { encrypted: true } });
      expect(await complete()).toEqual(saved);
      const url = async (password: string) => call('POST', '/large/models/download', { model_name: 'm', password });
      expect((await url('wrong')).status).toBe(403);
      const { body } = await url(PASSWORD);
      expect(body).toMatchObject({ size_bytes: file.length, hash: saved.body.hash });
      const got = Buffer.from(await (await fetch(body.download_url)).arrayBuffer());
      expect(got.equals(file)).toBe(true);
    });

    test('of one account does not exist for another', async () => {
      await call('POST', '/create', { manager_id: 'mine' });
      expect(await call('GET', '/mine/info', undefined, stranger)).toMatchObject({
        status: 404,
        body: { error: 'ManagerNotFoundError', details: { available_managers: [] } },
      });
      expect((await call('POST', '/create', { manager_id: 'mine' }, stranger)).status).toBe(201);
    });

    test('has one model of a name, whoever saves it at the same time', async () => {
      await call('POST', '/create', { manager_id: 'raced', config: { backup_enabled: false } });
      const save = () => call('POST', '/raced/models/save', { model_name: 'm', model_data: FILE });
      const statuses = (await Promise.all([save(), save(), save()])).map(({ status }) => status);
      expect(statuses.sort()).toEqual([201, 409, 409]);
      expect(await call('GET', '/raced/audit/verify')).toMatchObject({ body: { valid: true, entries: 4 } });
    });
  });
}
