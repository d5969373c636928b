import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

export function logins(world: World): void {
  describe('a login', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    const post = (path: string, body: unknown) =>
      fetch(`${world.base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });

    test('that is wrong five times is refused, and others behind the same address are not', async () => {
      const wrong = { username: `nobody-${user.username}`, password: 'wrong' };
      for (let i = 0; i < 5; i++) expect((await post('/auth/login', wrong)).status).toBe(401);
      const refused = await post('/auth/login', wrong);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await user.login();
    });

    test('that is right succeeds, however many there are at once', async () => {
      const { username, password } = await User.register(world);
      const logins = await Promise.all(Array.from({ length: 8 }, () => post('/auth/login', { username, password })));
      expect(logins.map(({ status }) => status)).toEqual(Array(8).fill(200));
    });

    test('is refreshed on the account of who it is', async () => {
      const { username, password } = user;
      const login = (await (await post('/auth/login', { username, password })).json()) as { refresh_token: string };
      const refreshed = await post('/auth/refresh', { refresh_token: login.refresh_token });
      expect([refreshed.status, refreshed.headers.get('x-ratelimit-limit')]).toEqual([200, '1000']);
    });
  });
}
