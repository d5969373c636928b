import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 1000 } });
});
afterAll(() => platform.close());

const post = (path: string, json: unknown, token?: string) =>
  platform.call({ method: 'POST', path, json, ...(token === undefined ? {} : { token }) });

test('no password, token, header or body is ever logged, whatever the request’s outcome', async () => {
  const password = 'pa55-word-of-ada';
  const account = { username: 'ada', email: 'ada@example.com', password, full_name: 'Ada Lovelace' };
  await post('/auth/register', account);
  await post('/auth/register', account);
  await post('/auth/register', { ...account, password: [password] });
  const { body: granted } = await post('/auth/login', { username: 'ada', password });
  const wrong = 'wr0ng-password';
  await post('/auth/login', { username: 'ada', password: wrong });
  await post('/auth/login', { username: wrong, password: wrong, extra: wrong });
  await platform.call({ method: 'POST', path: '/auth/login', raw: `{"password": "${wrong}", oops` });
  await platform.call({
    method: 'POST',
    path: '/auth/login',
    raw: `{"password": "${wrong}"`,
    headers: { 'content-type': 'application/json' },
  });
  const { body: refreshed } = await post('/auth/refresh', { refresh_token: granted.refresh_token });
  await post('/auth/refresh', { refresh_token: `${granted.refresh_token}x` });
  await platform.call({ path: '/auth/me', token: granted.access_token });
  await platform.call({ path: '/auth/me', token: `${granted.access_token}x` });
  await platform.call({ path: `/nowhere/${granted.access_token}` });
  await platform.call({ path: `/datasets/${granted.access_token}`, token: granted.access_token });
  await platform.call({
    path: '/datasets',
    query: { access_token: granted.access_token },
    token: granted.access_token,
  });
  const failing = await openPlatform({}, () => ({
    ...platform.store,
    keys: {
      ...platform.store.keys,
      publicKeys: () => platform.store.keys.publicKeys(),
      sign: () => Promise.reject(new Error('no signature')),
    },
  }));
  expect(
    (await failing.call({ method: 'POST', path: '/auth/login', json: { username: 'ada', password } })).status,
  ).toBe(500);
  await failing.close();
  await post('/auth/logout', {}, refreshed.access_token);

  const logged = [...platform.logged, ...failing.logged].join('\n');
  const secrets = [password, wrong, granted.access_token, granted.refresh_token, refreshed.access_token];
  for (const secret of secrets) {
    expect(logged).not.toContain(secret);
    for (const part of secret.split('.')) if (part.length > 20) expect(logged).not.toContain(part);
  }
  expect(logged).not.toMatch(/authorization|bearer|argon2id/i);
  expect(logged).toContain('no signature');
});

test('each request is one line, with its route, status and account', async () => {
  const token = await platform.login('grace');
  platform.logged.length = 0;
  const me = await platform.call({ path: '/auth/me', token });
  await platform.call({ path: '/datasets/not-an-id', token });
  await platform.call({ path: '/nowhere' });
  expect(platform.logged.map((line) => JSON.parse(line))).toEqual([
    [
      'request',
      {
        method: 'GET',
        route: '/auth/me',
        status: 200,
        duration_ms: 0,
        request_id: me.headers['X-Request-Id'],
        account_id: me.body.id,
      },
    ],
    ['request', expect.objectContaining({ route: '/datasets/{dataset_id}', status: 404, error_code: 'not_found' })],
    ['request', expect.objectContaining({ route: 'none', status: 404 })],
  ]);
});
