/** How much there may be at once, and what is sent of a file. */
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';
import { LONG } from './stopping.ts';

const STARTS = 12;
const MOST = 5;

interface Listed {
  readonly total: number;
  readonly jobs: readonly { readonly job_id: string; readonly status: string }[];
}

export function bounds(world: World): void {
  describe('the jobs of an account', () => {
    test('that are started at the same moment are no more than it may have; all are listed', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const headers = { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ dataset_id: id, model_type: 'mlp', hyperparameters: LONG });
      const start = async () => {
        const response = await fetch(`${world.base}/training/start`, { method: 'POST', headers, body });
        return { response, body: (await response.json()) as { job_id: string; message: string } };
      };
      const all = await Promise.all(Array.from({ length: STARTS }, start));
      const started = all.filter(({ response }) => response.status === 201).map((one) => one.body.job_id);
      const refused = all.filter(({ response }) => response.status === 429);
      expect([started.length, refused.length]).toEqual([MOST, STARTS - MOST]);
      for (const { response, body: error } of refused) {
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(error.message).toContain(`At most ${MOST} training jobs of an account`);
      }
      const listed = await user.client.get<Listed>('/training?limit=10');
      expect(listed.total).toBe(MOST);
      expect(listed.jobs.map(({ job_id }) => job_id).sort()).toEqual(started.toSorted());
      for (const job of started) await user.client.post(`/training/stop/${job}`);
      const stopped = await user.client.get<Listed>('/training?status=stopped');
      expect(stopped.jobs).toHaveLength(MOST);
    });
  });

  describe('a model', () => {
    test('has a card, and its file comes in ranges, and not again to who has it', async () => {
      const user = await User.register(world);
      const job = await user.train((await user.uploadPenguins()).id, { epochs: 2 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      const { model_id } = await user.results(job);
      const card = new TextDecoder().decode(await user.client.download(`/models/${model_id}/card`));
      expect(card).toMatch(/^#/m);
      expect(card).toContain('Gentoo');

      const path = `${world.base}/models/${model_id}/download`;
      const get = (headers: Record<string, string> = {}) =>
        fetch(path, { headers: { authorization: `Bearer ${user.client.token}`, ...headers } });
      const whole = await get();
      const bytes = Buffer.from(await whole.arrayBuffer());
      const part = await get({ range: 'bytes=100-299' });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-299/${bytes.length}`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 300))).toBe(true);
      const known = await get({ 'if-none-match': whole.headers.get('etag') ?? '' });
      expect([known.status, (await known.arrayBuffer()).byteLength]).toEqual([304, 0]);
    });
  });
}
