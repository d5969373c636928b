import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 1000 } });
});
afterAll(() => platform.close());

const DAY = 86_400_000;
const OLD = 'correct horse';
const NEW = 'battery staple';

const post = (path: string, json: unknown, token?: string) =>
  platform.call({ method: 'POST', path, json, ...(token === undefined ? {} : { token }) });
const login = async (username: string, password: string) =>
  (await platform.call({ method: 'POST', path: '/auth/login', json: { username, password }, ip: '192.0.2.1' })).body;
const isIn = async (token: string) => (await platform.call({ path: '/auth/me', token })).status === 200;
const change = (token: string, current_password: string, new_password: string) =>
  platform.call({ method: 'PUT', path: '/account/password', token, json: { current_password, new_password } });
const refresh = (refresh_token: string, rotate?: boolean) =>
  post('/auth/refresh', { refresh_token, ...(rotate === undefined ? {} : { rotate }) });

describe('a password', () => {
  test.each(['password123', 'PASSWORD1', 'qwertyuiop', 'ｐａｓｓｗｏｒｄ'])(
    'that guessers try first is refused: %s',
    async (password) => {
      const json = { username: 'weak', email: 'weak@example.com', password, full_name: 'Weak' };
      const refused = await post('/auth/register', json);
      expect([refused.status, refused.body.details]).toEqual([
        400,
        [{ field: 'password', message: 'must not be among the most common passwords, which guessers try first' }],
      ]);
    },
  );

  test('that is the name of its user is refused', async () => {
    const json = { username: 'octavia-b', email: 'o@example.com', password: 'Octavia-B', full_name: 'O' };
    const refused = await post('/auth/register', json);
    expect(refused.body.details).toEqual([
      { field: 'password', message: 'must not be the username or the e-mail address' },
    ]);
  });

  test('is changed by who knows the present one; all other sessions end, this one goes on', async () => {
    await platform.login('changer');
    const [mine, other] = [await login('changer', OLD), await login('changer', OLD)];
    const wrong = await change(mine.access_token, 'a guess of it', NEW);
    expect([wrong.status, wrong.body.details]).toEqual([
      400,
      [{ field: 'current_password', message: 'must be the present password of the user' }],
    ]);
    expect((await change(mine.access_token, OLD, NEW)).status).toBe(204);
    expect([await isIn(mine.access_token), await isIn(other.access_token)]).toEqual([true, false]);
    expect((await refresh(other.refresh_token)).status).toBe(401);
    expect((await login('changer', OLD)).error).toBe('unauthorized');
    expect(await isIn((await login('changer', NEW)).access_token)).toBe(true);
  });

  test('cannot be guessed through its change', async () => {
    const token = await platform.login('guessed');
    for (let i = 0; i < 5; i++) expect((await change(token, `guess ${i} of it`, NEW)).status).toBe(400);
    expect((await change(token, OLD, NEW)).status).toBe(429);
  });

  test('is no API key’s to change', async () => {
    const token = await platform.login('keyed');
    const { body } = await post('/account/api-keys', { name: 'key', scope: 'admin' }, token);
    expect((await change(body.key, OLD, NEW)).status).toBe(403);
    expect((await platform.call({ method: 'DELETE', path: '/account/sessions', token: body.key })).status).toBe(403);
  });
});

describe('a forgotten password', () => {
  let admin: string;
  let userId: string;
  const offer = (token = admin) => post(`/account/members/${userId}/password-reset`, {}, token);
  const reset = (username: string, code: string, new_password = NEW) =>
    post('/auth/reset-password', { username, code, new_password });

  beforeAll(async () => {
    admin = await platform.login('chief');
    const { body: invited } = await post('/account/invitations', { role: 'trainer' }, admin);
    const member = { username: 'forgetful', email: 'f@example.com', password: OLD, full_name: 'F' };
    userId = (await post('/auth/register', { ...member, invitation: invited.token })).body.id;
  });

  test('is replaced with a code of an administrator, once, and every session ends', async () => {
    const session = await login('forgetful', OLD);
    const { status, body } = await offer();
    expect([status, Object.keys(body)]).toEqual([201, ['code', 'expires_at']]);
    expect((await reset('forgetful', `${body.code}x`)).status).toBe(401);
    expect((await reset('chief', body.code)).status).toBe(401);
    expect((await reset('Forgetful', body.code)).status).toBe(204);
    expect(await isIn(session.access_token)).toBe(false);
    expect(await isIn((await login('forgetful', NEW)).access_token)).toBe(true);
    expect((await reset('forgetful', body.code, OLD)).status).toBe(401);
  });

  test('is not replaced with a code that expired, or that another code has replaced', async () => {
    const first = (await offer()).body.code;
    const second = (await offer()).body.code;
    expect((await reset('forgetful', first)).status).toBe(401);
    platform.clock.now += DAY;
    admin = (await login('chief', OLD)).access_token;
    expect((await reset('forgetful', second)).status).toBe(401);
  });

  test('is no business of a user who is no administrator, nor of another account', async () => {
    const trainer = (await login('forgetful', NEW)).access_token;
    expect((await offer(trainer)).status).toBe(403);
    expect((await offer(await platform.login('outsider'))).status).toBe(404);
  });
});

describe('a refresh token', () => {
  test('stays valid unless its holder rotates it', async () => {
    await platform.login('steady');
    const { refresh_token } = await login('steady', OLD);
    for (let i = 0; i < 2; i++) {
      const { status, body } = await refresh(refresh_token);
      expect([status, body.refresh_token]).toEqual([200, undefined]);
    }
  });

  test('that was rotated is valid; the one before ends the session when it is used again', async () => {
    await platform.login('rotating');
    const first = await login('rotating', OLD);
    const second = (await refresh(first.refresh_token, true)).body;
    const third = (await refresh(second.refresh_token, true)).body;
    expect(await isIn(third.access_token)).toBe(true);
    expect((await refresh(first.refresh_token, true)).status).toBe(401);
    expect(await isIn(third.access_token)).toBe(false);
    expect((await refresh(third.refresh_token)).status).toBe(401);
  });

  test('that two rotate at once is given to one of them', async () => {
    await platform.login('raced');
    const { refresh_token } = await login('raced', OLD);
    const answers = await Promise.all([refresh(refresh_token, true), refresh(refresh_token, true)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('of another session is not touched when one is stolen', async () => {
    await platform.login('careful');
    const [stolen, other] = [await login('careful', OLD), await login('careful', OLD)];
    await refresh(stolen.refresh_token, true);
    await refresh(stolen.refresh_token);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });
});

test('all sessions of a user end at once', async () => {
  await platform.login('leaving');
  const [one, two] = [await login('leaving', OLD), await login('leaving', OLD)];
  const ended = await platform.call({ method: 'DELETE', path: '/account/sessions', token: one.access_token });
  expect(ended.status).toBe(204);
  expect([await isIn(one.access_token), await isIn(two.access_token)]).toEqual([false, false]);
});
