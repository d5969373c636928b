/** Passwords, sessions and invitations. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const NEXT = 'battery staple';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export function people(world: World): void {
  describe('who works with an account', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    async function call(method: string, path: string, { json, token }: { json?: unknown; token?: string } = {}) {
      const response = await fetch(`${world.base}${path}`, {
        method,
        headers: {
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, string>) };
    }
    const login = async (username: string, password: string) => {
      const { status, body } = await call('POST', '/auth/login', { json: { username, password } });
      expect(status).toBe(200);
      return body as unknown as Tokens;
    };
    const refresh = (refresh_token: string, rotate: boolean) =>
      call('POST', '/auth/refresh', { json: { refresh_token, rotate } });
    const isIn = async (token: string) => (await call('GET', '/auth/me', { token })).status === 200;

    test('replaces refresh tokens; one that comes again ends its session, and no other', async () => {
      const { username, password } = user;
      const [stolen, other] = [await login(username, password), await login(username, password)];
      const first = await refresh(stolen.refresh_token, true);
      expect(first.status).toBe(200);
      const second = await refresh(first.body.refresh_token!, true);
      expect(second.status).toBe(200);
      expect((await refresh(stolen.refresh_token, false)).status).toBe(401);
      expect(await isIn(second.body.access_token!)).toBe(false);
      expect((await refresh(second.body.refresh_token!, false)).status).toBe(401);
      expect((await refresh(other.refresh_token, false)).status).toBe(200);
    });

    test('joins with an invitation, and has the rights of its role', async () => {
      const username = `member${randomBytes(4).toString('hex')}`;
      const invited = await user.client.post<{ token: string }>('/account/invitations', { role: 'viewer' });
      const person = { username, email: `${username}@example.com`, password: user.password, full_name: 'M' };
      const json = { ...person, invitation: invited.token };
      const registered = await call('POST', '/auth/register', { json });
      expect(registered.status).toBe(201);
      const { access_token: token } = await login(username, user.password);
      const { id } = await user.uploadPenguins();
      expect((await call('GET', `/datasets/${id}`, { token })).status).toBe(200);
      const training = { dataset_id: id, model_type: 'mlp' };
      expect((await call('POST', '/training/start', { token, json: training })).status).toBe(403);
      const late = { ...json, username: `${username}2`, email: `${username}2@example.com` };
      expect((await call('POST', '/auth/register', { json: late })).status).toBeGreaterThanOrEqual(400);

      // A code from the administrator replaces a password that was forgotten, once.
      const path = `/account/members/${registered.body.id}/password-reset`;
      const { code } = await user.client.post<{ code: string }>(path, {});
      const chosen = { username, code, new_password: NEXT };
      expect((await call('POST', '/auth/reset-password', { json: { ...chosen, code: `${code}x` } })).status).toBe(401);
      expect((await call('POST', '/auth/reset-password', { json: chosen })).status).toBe(204);
      expect(await isIn(token)).toBe(false);
      expect(await isIn((await login(username, NEXT)).access_token)).toBe(true);
      expect((await call('POST', '/auth/reset-password', { json: chosen })).status).toBe(401);
    });

    test('ends its sessions: all others with a new password, or all at once', async () => {
      const { username, password } = await User.register(world);
      const [mine, other] = [await login(username, password), await login(username, password)];
      const json = { current_password: password, new_password: NEXT };
      expect((await call('PUT', '/account/password', { token: mine.access_token, json })).status).toBe(204);
      expect([await isIn(mine.access_token), await isIn(other.access_token)]).toEqual([true, false]);
      const again = await login(username, NEXT);
      expect((await call('DELETE', '/account/sessions', { token: mine.access_token })).status).toBe(204);
      expect([await isIn(mine.access_token), await isIn(again.access_token)]).toEqual([false, false]);
      expect((await refresh(again.refresh_token, false)).status).toBe(401);
      expect(await isIn((await login(username, NEXT)).access_token)).toBe(true);
    });
  });
}
