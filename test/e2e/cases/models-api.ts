import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface NumberedModel {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly file_size: number;
}

export function modelsApi(world: World): void {
  describe('the models API', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
      const { id } = await user.uploadPenguins();
      for (const learning_rate of [0.01, 0.001]) {
        const job = await user.train(id, { epochs: 2, learning_rate });
        await user.jobIs(job, ({ status }) => status === 'completed');
      }
    });

    const send = (path: string, init: RequestInit = {}) =>
      fetch(`${world.base}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${user.client.token}`,
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      });
    const get = async (path: string) => (await send(path)).json();

    test('lists, shows and downloads models by number', async () => {
      const { items, meta } = (await get('/api/v1/models')) as { items: NumberedModel[]; meta: unknown };
      expect(meta).toEqual({ page: 1, page_size: 20, total: 2, total_pages: 1 });
      expect(items.map(({ id, version }) => [id, version])).toEqual([
        [2, '1.1.0'],
        [1, '1.0.0'],
      ]);
      expect(await get('/api/v1/models/2')).toEqual(items[0]);
      const file = await send('/api/v1/models/2/download');
      expect(file.headers.get('content-type')).toBe('application/octet-stream');
      expect(file.headers.get('content-disposition')).toBe('attachment; filename="model_2_mlp.pth"');
      expect((await file.arrayBuffer()).byteLength).toBe(items[0]!.file_size);
      const onnx = await send('/api/v1/models/2/download?format=onnx');
      expect(onnx.headers.get('content-disposition')).toBe('attachment; filename="model_2_mlp.onnx"');
    });

    test('has error bodies of its own, with a route and without one', async () => {
      for (const path of ['/99', '/99/download', '/1/nonsense', '/seven']) {
        const answer = await send(`/api/v1/models${path}`);
        expect([answer.status, await answer.json()]).toEqual([
          404,
          { code: 'RESOURCE_NOT_FOUND', message: expect.stringMatching(/not found/) },
        ]);
      }
    });

    test('deletes by number, unless an alias points there', async () => {
      const { versions } = (await get('/models/by-name/data/versions?metric=val_accuracy')) as {
        versions: { model_id: string; number: number; version_reason: string }[];
      };
      expect(versions[0]).toMatchObject({ number: 2, version_reason: 'minor: learning_rate 0.01 → 0.001' });
      const alias = '/models/by-name/data/aliases/champion';
      const body = JSON.stringify({ model_id: versions[1]!.model_id });
      expect((await send(alias, { method: 'PUT', body })).status).toBe(200);
      const refused = await send('/api/v1/models/1', { method: 'DELETE' });
      expect([refused.status, await refused.json()]).toEqual([
        409,
        { code: 'MODEL_IN_USE', message: expect.stringMatching(/champion/) },
      ]);
      const compared = await get(`/models/compare?ids=${versions.map(({ model_id }) => model_id).join(',')}`);
      expect(compared).toMatchObject({ models: [{ version: '1.1.0' }, { version: '1.0.0' }] });
      const { nodes } = (await get(`/models/${versions[0]!.model_id}/lineage`)) as { nodes: unknown[] };
      expect(nodes).toHaveLength(5);
      expect((await send(alias, { method: 'DELETE' })).status).toBe(204);
      expect((await send('/api/v1/models/1', { method: 'DELETE' })).status).toBe(204);
      expect((await send('/api/v1/models/1')).status).toBe(404);
    });
  });
}
