import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

/** Long enough to be interrupted on any machine. */
export const LONG = { epochs: 10_000, batch_size: 8, hidden_layers: [64, 64], seed: 3 };

export function stopping(world: World): void {
  describe('a training that its owner stops', () => {
    test('is stopped at once, creates no model, and releases its slot and its dataset', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const job = await user.train(id, LONG);
      await user.jobIs(job, (status) => status.status === 'running' && status.current_epoch > 0);
      await expect(user.client.delete(`/datasets/${id}`)).rejects.toThrow('in use by 1 active training job');

      expect(await user.client.post(`/training/stop/${job}`)).toMatchObject({ job_id: job, status: 'stopped' });
      expect((await user.status(job)).status).toBe('stopped');
      await expect(user.client.post(`/training/stop/${job}`)).rejects.toThrow('409');
      await expect(user.results(job)).rejects.toThrow('409');
      expect(await user.client.get('/models')).toMatchObject({ total: 0 });

      const next = await user.train(id, { epochs: 5 });
      await user.jobIs(next, (status) => status.status === 'completed');
      expect((await user.status(job)).status).toBe('stopped');
      expect(await user.client.get('/models')).toMatchObject({ total: 1 });
      await user.client.delete(`/datasets/${id}`);
    });

    test('can keep the best weights so far: it completes with a model, and its log says so', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const job = await user.train(id, LONG);
      await user.jobIs(job, (status) => status.status === 'running' && status.current_epoch > 0);
      const stopping = await user.client.post(`/training/stop/${job}`, { keep_best: true });
      expect(stopping).toMatchObject({ job_id: job, status: 'stopping' });
      expect(await user.jobIs(job, ({ status }) => status !== 'running')).toMatchObject({
        status: 'completed',
        stop_reason: 'owner',
      });
      expect(await user.client.get('/models')).toMatchObject({ total: 1 });
      const log = await user.client.get<{ lines: { message: string }[] }>(`/training/logs/${job}?limit=1000`);
      expect(log.lines.at(-1)!.message).toContain('stopped by owner');
    });
  });
}
