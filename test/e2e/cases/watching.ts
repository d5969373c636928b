import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

export function watching(world: World): void {
  describe('a training that its owner watches', () => {
    test('sends events until it has ended, and then says that nothing follows', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const job = await user.train(id, { epochs: 20 });
      const headers = { authorization: `Bearer ${user.client.token}` };
      let last = '';
      let stream = '';
      // A stream lasts a minute; on a busy machine the training may take longer.
      for (;;) {
        const since = last === '' ? {} : { 'last-event-id': last };
        const response = await fetch(`${world.base}/training/events/${job}`, { headers: { ...headers, ...since } });
        if (response.status === 204) break;
        expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
        stream += await response.text();
        last = [...stream.matchAll(/^id: (.+)$/gm)].at(-1)![1]!;
      }
      const told = [...stream.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data!) as { status: string });
      expect(told.at(-1)).toMatchObject({ job_id: job, status: 'completed', progress: 100 });
      expect(told.slice(0, -1).every(({ status }) => status !== 'completed')).toBe(true);
    });
  });
}
