import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

export function tenancy(world: World): void {
  describe('an account', () => {
    test('cannot see, train on, call or delete anything of another account', async () => {
      const [owner, stranger] = [await User.register(world), await User.register(world)];
      const { id } = await owner.uploadPenguins();
      const job = await owner.train(id, { epochs: 2 });
      await owner.jobIs(job, (status) => status.status === 'completed');
      const { model_id } = await owner.results(job);
      const attempts = [
        () => stranger.client.get(`/datasets/${id}`),
        () => stranger.client.get(`/datasets/${id}/profile`),
        () => stranger.client.delete(`/datasets/${id}`),
        () => stranger.train(id, {}),
        () => stranger.client.get(`/training/status/${job}`),
        () => stranger.client.get(`/training/results/${job}`),
        () => stranger.client.post(`/training/stop/${job}`),
        () => stranger.client.get(`/models/${model_id}`),
        () => stranger.client.post(`/models/${model_id}/predict`, { input: [] }),
        () => stranger.client.download(`/models/${model_id}/download`),
        () => stranger.client.delete(`/models/${model_id}`),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toThrow('answered 404');
      for (const list of ['/datasets', '/models']) {
        expect(await stranger.client.get(list)).toMatchObject({ total: 0 });
        expect(await owner.client.get(list)).toMatchObject({ total: 1 });
      }
      await owner.client.delete(`/models/${model_id}`);
      await expect(owner.client.download(`/models/${model_id}/download`)).rejects.toThrow('answered 404');
    });

    test('gets the first response again for a request that it repeats', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const key = randomUUID();
      const start = async () => {
        const response = await fetch(`${world.base}/training/start`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${user.client.token}`,
            'content-type': 'application/json',
            'idempotency-key': key,
          },
          body: JSON.stringify({ dataset_id: id, model_type: 'mlp', hyperparameters: { epochs: 2 } }),
        });
        return (await response.json()) as { job_id: string };
      };
      const first = await start();
      expect(await start()).toEqual(first);
      await user.jobIs(first.job_id, (status) => status.status === 'completed');
      expect(await user.client.get('/models')).toMatchObject({ total: 1 });
    });
  });
}
