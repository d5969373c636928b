import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

/** Beyond the part of a file that an upload inspects at once. */
const RAGGED = `a,b,label\n${Array.from({ length: 60_000 }, (_, i) => `${i},${i % 7},${i % 2 ? 'yes' : 'no'}`).join('\n')}\n1,2\n`;

/** As the document's programs do it: the training is started with the id that the upload answered. */
export function earlyStart(world: World): void {
  describe('a training that is started right after the upload', () => {
    test('is queued, and trains once the dataset is ready', async () => {
      const user = await User.register(world);
      const csv = readFileSync('infra/embedded/demo/penguins.csv', 'utf8');
      const id = await user.send(csv, { target: 'species' });
      const job = await user.train(id, { epochs: 5 });
      expect(await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed')).toMatchObject({
        status: 'completed',
        total_epochs: 5,
      });
    });

    test('fails with the reason if the dataset does', async () => {
      const user = await User.register(world);
      const job = await user.train(await user.send(RAGGED), { epochs: 5 });
      const ended = await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      expect(ended).toMatchObject({ status: 'failed', error: expect.stringContaining('60002') });
    });
  });
}
