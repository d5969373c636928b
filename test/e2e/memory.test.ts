/** What a host holds after hostile requests. How much it holds is what `npm start` gives its heaps. */
import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

jest.setTimeout(60_000);

const world = useHost('--requests-per-hour', '10000');
/** A mebibyte of empty objects, which take seventeen times as much. */
const HOSTILE = `{"inputs":[${'{},'.repeat(340_000)}{}]}`;
const [AT_ONCE, ROUNDS] = [8, 4];

/** The most that it has ever held, in MiB. */
const peak = (): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${world.host.child.pid}/status`, 'utf8'))![1]) / 1024;

describe('JSON that is much larger in memory than on the wire', () => {
  test('is refused, and leaves no heap that has grown to several times its size', async () => {
    const user = await User.register(world);
    const headers = { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' };
    const ask = async (): Promise<number> => {
      const response = await fetch(`${world.base}/training/start`, { method: 'POST', headers, body: HOSTILE });
      await response.text();
      return response.status;
    };
    expect(await ask()).toBe(400);
    const before = peak();
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await Promise.all(Array.from({ length: AT_ONCE }, ask))).toEqual(new Array(AT_ONCE).fill(400));
    }
    expect(peak() - before).toBeLessThan(200);
  });
});
