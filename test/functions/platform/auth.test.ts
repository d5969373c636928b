import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findUserByUsername } from '#domain/accounts/users.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 1000 } });
});
afterAll(() => platform.close());

const person = {
  username: 'grace',
  email: 'grace@example.com',
  password: 'nanosecond wire',
  full_name: 'Grace Hopper',
};
const register = (json: unknown) => platform.call({ method: 'POST', path: '/auth/register', json });
const login = (username: string, password: string, ip = '192.0.2.7') =>
  platform.call({ method: 'POST', path: '/auth/login', json: { username, password }, ip });
const me = (token: string) => platform.call({ path: '/auth/me', token });

describe('an account', () => {
  test('is registered, logs in, shows the token’s account, refreshes and logs out', async () => {
    const registered = await register(person);
    expect(registered.status).toBe(201);
    expect(Object.keys(registered.body)).toEqual(['id', 'username', 'email', 'full_name', 'created_at']);

    const granted = await login('grace', person.password);
    expect(granted.status).toBe(200);
    expect(granted.body).toMatchObject({ token_type: 'bearer', expires_in: 1800 });
    expect((await me(granted.body.access_token)).body).toEqual(registered.body);

    const refreshed = await platform.call({
      method: 'POST',
      path: '/auth/refresh',
      json: { refresh_token: granted.body.refresh_token },
    });
    expect(Object.keys(refreshed.body)).toEqual(['access_token', 'token_type', 'expires_in']);
    expect((await me(refreshed.body.access_token)).status).toBe(200);

    const out = await platform.call({ method: 'POST', path: '/auth/logout', token: refreshed.body.access_token });
    expect([out.status, out.text]).toEqual([204, '']);
    expect((await me(granted.body.access_token)).status).toBe(401);
    expect((await me(refreshed.body.access_token)).status).toBe(401);
    const again = await platform.call({
      method: 'POST',
      path: '/auth/refresh',
      json: { refresh_token: granted.body.refresh_token },
    });
    expect(again.body).toEqual({ error: 'unauthorized', message: 'Invalid or expired token' });
  });

  test('has a name and an address that nobody else has, whatever their case', async () => {
    const taken = await register({ ...person, username: 'GRACE', email: 'Grace@Example.com' });
    expect(taken.status).toBe(409);
    expect(taken.body.details.map(({ field }: { field: string }) => field)).toEqual(['username', 'email']);
  });

  test('is refused with each field that is wrong, and no password repeated', async () => {
    const refused = await register({ username: 'x', email: 'nobody', password: 'short', full_name: '\u0007', age: 3 });
    expect(refused.status).toBe(400);
    expect(refused.body.details).toEqual([
      { field: 'username', message: 'must have between 3 and 64 characters; got "x"' },
      { field: 'email', message: 'must be an e-mail address; got "nobody"' },
      { field: 'password', message: 'must have between 8 and 256 characters' },
      { field: 'full_name', message: 'must have a visible character and no control characters; got "\\u0007"' },
      { field: 'age', message: 'is not a known field; known are username, email, password, full_name, invitation' },
    ]);
    expect(refused.text).not.toContain('short');
    expect((await register({})).body.details).toHaveLength(4);
  });

  test('gets its password rehashed when the parameters have changed', async () => {
    await register({ ...person, username: 'radia', email: 'radia@example.com' });
    const stronger = await openPlatform({ argon2: { memoryKiB: 128, passes: 2 } }, () => platform.store);
    try {
      const json = { username: 'radia', password: person.password };
      expect((await stronger.call({ method: 'POST', path: '/auth/login', json })).status).toBe(200);
      const user = await findUserByUsername(platform.store.table, 'radia');
      expect(user?.password_hash).toContain('$m=128,t=2,p=1$');
      expect((await login('radia', person.password)).status).toBe(200);
    } finally {
      await stronger.close();
    }
  });
});

describe('a login', () => {
  test('is answered alike for an unknown name and a wrong password, after the same work', async () => {
    await register({ ...person, username: 'edith', email: 'edith@example.com' });
    const kinds = async (username: string, ip: string) => {
      platform.calls.length = 0;
      const answer = await login(username, 'a wrong password', ip);
      const { 'X-Request-Id': _, ...headers } = answer.headers;
      return {
        status: answer.status,
        text: answer.text,
        headers,
        calls: platform.calls.map((call) => call.split(/[ #]/)[0]),
      };
    };
    const wrong = await kinds('edith', '192.0.2.20');
    expect(wrong.status).toBe(401);
    expect(wrong.text).toBe('{"error":"unauthorized","message":"Invalid username or password"}');
    expect(await kinds('nobody-at-all', '192.0.2.21')).toEqual(wrong);
    expect(wrong.calls).toEqual(['update', 'put', 'put', 'get', 'get']);
  });

  test('is throttled for a name after five failures, also with the right password, until the window has passed', async () => {
    await register({ ...person, username: 'mary', email: 'mary@example.com' });
    for (let i = 0; i < 5; i++) expect((await login('mary', 'wrong', `192.0.2.${100 + i}`)).status).toBe(401);
    const refused = await login('MARY', person.password, '192.0.2.110');
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ error: 'rate_limit_exceeded', retry_after: 900 });
    expect(refused.headers['Retry-After']).toBe('900');
    platform.clock.now += 900_000;
    expect((await login('mary', person.password, '192.0.2.111')).status).toBe(200);
  });

  test('is throttled for an address after five failures, whoever it tries', async () => {
    for (let i = 0; i < 5; i++) expect((await login(`guess${i}`, 'wrong', '192.0.2.120')).status).toBe(401);
    expect((await login('guess9', 'wrong', '192.0.2.120')).status).toBe(429);
    expect((await login('guess9', 'wrong', '192.0.2.121')).status).toBe(401);
  });

  test('is throttled for a whole IPv6 network, which may belong to one caller', async () => {
    for (let i = 0; i < 5; i++) expect((await login(`six${i}`, 'wrong', `2001:db8::${i}`)).status).toBe(401);
    expect((await login('six9', 'wrong', '2001:db8:0:0:ffff::1')).status).toBe(429);
    expect((await login('six9', 'wrong', '2001:db8:0:1::1')).status).toBe(401);
  });

  test('allows no more guesses when they come at the same moment', async () => {
    const guesses = Array.from({ length: 20 }, (_, i) => login('parallel', `guess ${i}`, `192.0.3.${i}`));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(15);
  });

  test('that succeeds clears the name’s count, and only its own attempt from the address’s count', async () => {
    await register({ ...person, username: 'joan', email: 'joan@example.com' });
    for (let i = 0; i < 4; i++) await login('joan', 'wrong', '192.0.2.130');
    expect((await login('joan', person.password, '192.0.2.130')).status).toBe(200);
    expect((await login('joan', 'wrong', '192.0.2.130')).status).toBe(401);
    expect((await login('joan', person.password, '192.0.2.130')).status).toBe(429);
    expect((await login('joan', person.password, '192.0.2.131')).status).toBe(200);
  });

  test('accepts any name and password of a possible length, and nothing else', async () => {
    for (const name of ['x', '\u{FDFA}'.repeat(256), '\u0000', '😀'.repeat(128)]) {
      expect((await login(name, 'p', `192.0.4.${name.length % 250}`)).status).toBe(401);
    }
    const refused = await login('', '');
    expect(refused.body.details).toEqual([
      { field: 'username', message: 'must have between 1 and 256 characters; got ""' },
      { field: 'password', message: 'must have between 1 and 256 characters' },
    ]);
  });
});
