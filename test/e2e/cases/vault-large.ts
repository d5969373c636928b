/** Models and archives that no request carries, with the program that users have for it. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { vaultClient } from '#infra/vault/client.ts';
import { loadFile, partialOf } from '#infra/vault/load-file.ts';
import { notesOf, saveFile } from '#infra/vault/save-file.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';
import { runProgram } from './programs.ts';

const PASSWORD = 'secure_password_123';
const MEBIBYTE = 1_048_576;

export function vaultLarge(world: World): void {
  describe('large models in the vault', () => {
    let key: string;
    let file: string;
    const bytes = randomBytes(17 * MEBIBYTE);
    beforeAll(async () => {
      const owner = await User.register(world);
      key = (await owner.client.post<{ key: string }>('/account/api-keys', { name: 'k', scope: 'admin' })).key;
      file = join(world.folder, 'large.bin');
      writeFileSync(file, bytes);
      await post('/create', { manager_id: 'large', config: { use_scrypt: false, key_iterations: 100_000 } });
    });

    async function post(path: string, json?: object) {
      const response = await fetch(`${world.bases.manager}/api/model-manager${path}`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    }

    test('are saved and loaded by the program, which compares their hashes', async () => {
      const copy = join(world.folder, 'copy.bin');
      const environment = { TRAINYARD_API_KEY: key, TRAINYARD_MODEL_PASSWORD: PASSWORD };
      const rest = [world.bases.manager, '--manager', 'large', '--model', 'm'];
      const saved = await runProgram('vault', ['save', file, ...rest], environment);
      expect([saved.code, saved.stderr]).toEqual([0, '']);
      expect(saved.stdout).toContain('17 of 17 MiB');
      const wrong = await runProgram('vault', ['load', copy, ...rest], {
        ...environment,
        TRAINYARD_MODEL_PASSWORD: 'x',
      });
      expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('answered 403')]);
      expect((await runProgram('vault', ['load', copy, ...rest], environment)).code).toBe(0);
      expect(readFileSync(copy).equals(bytes)).toBe(true);
      const again = await runProgram('vault', ['load', copy, ...rest], environment);
      expect([again.code, again.stderr]).toEqual([1, `${copy} exists; --replace replaces it\n`]);
    });

    test('whose save or load was interrupted go on where they were', async () => {
      const client = vaultClient(world.bases.manager, key);
      const wanted = { manager: 'large', model: 'resumed', replace: false, sign: false, tags: [], metadata: {} };
      const interrupted = saveFile(client, file, wanted, {
        onProgress: () => {
          throw new Error('interrupted');
        },
      });
      await expect(interrupted).rejects.toThrow('interrupted');
      const { done, parts } = JSON.parse(readFileSync(notesOf(file), 'utf8'));
      expect(done.length).toBeGreaterThan(0);
      const sent: number[] = [];
      const hash = await saveFile(client, file, wanted, { onProgress: (bytes) => sent.push(bytes) });
      expect(sent).toHaveLength(parts.length - done.length);
      expect(existsSync(notesOf(file))).toBe(false);

      const copy = join(world.folder, 'resumed.bin');
      writeFileSync(partialOf(copy, hash), bytes.subarray(0, 5 * MEBIBYTE));
      const loaded: number[] = [];
      await loadFile(client, copy, { ...wanted }, { onProgress: (bytes) => loaded.push(bytes) });
      expect(loaded[0]).toBeGreaterThan(5 * MEBIBYTE);
      expect(readFileSync(copy).equals(bytes)).toBe(true);
      writeFileSync(partialOf(copy, hash), 'of another model');
      await expect(loadFile(client, copy, { ...wanted, replace: true })).rejects.toThrow('what came is not the model');
    });

    test('have new URLs for their parts on request', async () => {
      const { body: started } = await post('/large/models/uploads', { model_name: 'again', file_size: 4 });
      const response = await fetch(
        `${world.bases.manager}/api/model-manager/large/models/uploads/${started.upload_id}`,
        { headers: { 'x-api-key': key } },
      );
      const again = (await response.json()) as typeof started;
      expect([response.status, again.upload_id, again.complete_by]).toEqual([
        200,
        started.upload_id,
        started.complete_by,
      ]);
      expect(Number(again.expires_in)).toBeGreaterThan(600);
      const [{ url } = { url: '' }] = again.parts as { url: string }[];
      const etag = (await fetch(url, { method: 'PUT', body: 'abcd' })).headers.get('etag');
      const path = `/large/models/uploads/${started.upload_id}/complete`;
      const saved = await post(path, { parts: [{ part: 1, etag }] });
      expect(saved.status).toBe(201);
      // Its answer may have been lost.
      expect(await post(path, { parts: [{ part: 1, etag }] })).toEqual(saved);
    });

    test('are given up, and nothing of them stays', async () => {
      const { body } = await post('/large/models/uploads', { model_name: 'given-up', file_size: 4 });
      const [{ url } = { url: '' }] = body.parts as { url: string }[];
      const etag = (await fetch(url, { method: 'PUT', body: 'abcd' })).headers.get('etag');
      const path = `/large/models/uploads/${body.upload_id}`;
      const given = await fetch(`${world.bases.manager}/api/model-manager${path}`, {
        method: 'DELETE',
        headers: { 'x-api-key': key },
      });
      expect([given.status, await given.text()]).toEqual([204, '']);
      expect((await post(`${path}/complete`, { parts: [{ part: 1, etag }] })).status).toBe(404);
      expect((await fetch(url, { method: 'PUT', body: 'abcd' })).ok).toBe(false);
    });

    test('have backups whose archive goes down and up in parts', async () => {
      await post('/large/models/save', { model_name: 'small', model_data: 'bW9kZWw=' });
      await post('/large/backup/create', { backup_name: 'b', include_models: ['small'] });
      const { status, body } = await post('/large/backup/b/archive');
      expect(status).toBe(200);
      const archive = new Uint8Array(await (await fetch(String(body.download_url))).arrayBuffer());
      const upload = async (sent: Uint8Array<ArrayBuffer>) => {
        const started = await post('/large/backup/uploads', { file_size: sent.length });
        const [{ url } = { url: '' }] = started.body.parts as { url: string }[];
        const etag = (await fetch(url, { method: 'PUT', body: sent })).headers.get('etag');
        return post(`/large/backup/uploads/${started.body.upload_id}/complete`, { parts: [{ part: 1, etag }] });
      };
      expect((await upload(archive)).status).toBe(409);
      const headers = { 'x-api-key': key };
      await fetch(`${world.bases.manager}/api/model-manager/large/backup/b`, { method: 'DELETE', headers });
      const cut = await upload(archive.slice(0, -20));
      expect([cut.status, JSON.stringify(cut.body.details)]).toEqual([400, expect.stringContaining('it was cut off')]);
      expect(await upload(archive)).toMatchObject({ status: 201, body: { backup_name: 'b', model_count: 1 } });
    });
  });
}
