import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';
import { LONG } from './stopping.ts';

interface Usage {
  readonly calls: { readonly total: number; readonly this_hour: { readonly used: number; readonly limit: number } };
  readonly jobs: { readonly completed: number; readonly active: { readonly used: number } };
  readonly compute: { readonly seconds: number };
  readonly storage: Readonly<Record<'datasets' | 'dataset_bytes' | 'models' | 'model_bytes' | 'total_bytes', number>>;
}

export function accounts(world: World): void {
  describe('an account', () => {
    test('sees what it uses, and is deleted with all of it', async () => {
      const user = await User.register(world);
      const call = async (method: string, path: string, body?: unknown, token = user.client.token) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
        const response = await fetch(`${world.base}${path}`, init);
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      };
      const { id } = await user.uploadPenguins();
      const job = await user.train(id, { epochs: 2 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      const { key } = await user.client.post<{ key: string }>('/account/api-keys', { name: 'k', scope: 'admin' });

      const usage = await user.client.get<Usage>('/account/usage');
      expect(usage).toMatchObject({ jobs: { completed: 1, active: { used: 0 } }, storage: { datasets: 1, models: 1 } });
      expect(usage.calls.total).toBeGreaterThan(4);
      expect(usage.calls.this_hour.limit).toBe(1000);
      expect(usage.compute.seconds).toBeGreaterThan(0);
      const { dataset_bytes, model_bytes, total_bytes } = usage.storage;
      expect(dataset_bytes).toBeGreaterThan(10_000);
      expect(model_bytes).toBeGreaterThan(1000);
      expect(total_bytes).toBe(dataset_bytes + model_bytes);

      const running = await user.train(id, LONG);
      await user.jobIs(running, ({ status }) => status === 'running');
      expect((await call('DELETE', '/account', { confirm: 'somebody' })).status).toBe(400);
      const deleted = await call('DELETE', '/account', { confirm: user.username });
      expect(deleted).toMatchObject({ status: 202, body: { status: 'deleting' } });

      for (const token of [user.client.token, key]) {
        expect((await call('GET', '/models', undefined, token)).status).toBe(401);
      }
      const { username, password } = user;
      expect((await call('POST', '/auth/login', { username, password })).status).toBe(401);
      // The name is free, and whoever has it now has nothing of what was.
      await user.client.post('/auth/register', {
        username,
        email: `${username}@example.com`,
        password,
        full_name: 'P',
      });
      await user.login();
      for (const path of ['/datasets', '/models', '/training']) {
        expect(await user.client.get(path)).toMatchObject({ total: 0 });
      }
      expect((await call('GET', `/datasets/${id}`)).status).toBe(404);
      expect(await user.client.get<Usage>('/account/usage')).toMatchObject({ storage: { total_bytes: 0 } });
    });
  });
}
