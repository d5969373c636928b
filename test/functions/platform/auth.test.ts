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
/** So many logins with a wrong password, all of which are looked at. */
async function fails(times: number, username: string, from: (i: number) => string): Promise<void> {
  for (let i = 0; i < times; i++) expect((await login(username, 'wrong', from(i))).status).toBe(401);
}
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
    expect(wrong.calls).toEqual(['increment', 'get', 'put', 'put', 'put', 'get', 'get', 'update', 'update', 'update']);
  });

  test('is throttled for a name from an address after five failures, also with the right password, until the window has passed', async () => {
    await register({ ...person, username: 'mary', email: 'mary@example.com' });
    await fails(5, 'mary', () => '192.0.2.100');
    const refused = await login('MARY', person.password, '192.0.2.100');
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ error: 'rate_limit_exceeded', retry_after: 900 });
    expect(refused.headers['Retry-After']).toBe('900');
    platform.clock.now += 900_000;
    expect((await login('mary', person.password, '192.0.2.100')).status).toBe(200);
  });

  test('is not throttled by many at once with the right password, and of as many guesses five are made', async () => {
    await register({ ...person, username: 'rita', email: 'rita@example.com' });
    const many = (password: string) =>
      Promise.all(Array.from({ length: 30 }, async () => (await login('rita', password, '192.0.2.150')).status));
    expect(new Set(await many(person.password))).toEqual(new Set([200]));
    const guesses = await many('wrong');
    expect(guesses.filter((status) => status === 401)).toHaveLength(5);
    expect(guesses.filter((status) => status === 429)).toHaveLength(25);
    expect((await login('rita', person.password, '192.0.2.150')).status).toBe(429);
  });

  test('is throttled so also where it has succeeded before', async () => {
    await register({ ...person, username: 'ida', email: 'ida@example.com' });
    expect((await login('ida', person.password, '192.0.2.101')).status).toBe(200);
    await fails(5, 'ida', () => '192.0.2.101');
    expect((await login('ida', person.password, '192.0.2.101')).status).toBe(429);
  });

  test('is not throttled for the owner by who guesses from another address, nor for others behind that address', async () => {
    await register({ ...person, username: 'anna', email: 'anna@example.com' });
    await register({ ...person, username: 'lise', email: 'lise@example.com' });
    await fails(5, 'anna', () => '192.0.2.102');
    for (let i = 0; i < 30; i++) expect((await login('anna', 'wrong', '192.0.2.102')).status).toBe(429);
    expect((await login('anna', person.password, '192.0.2.103')).status).toBe(200);
    expect((await login('lise', person.password, '192.0.2.102')).status).toBe(200);
  });

  test('is throttled for an address after 25 failures of any names, but not of a name that has logged in from it', async () => {
    await register({ ...person, username: 'emmy', email: 'emmy@example.com' });
    expect((await login('emmy', person.password, '192.0.2.120')).status).toBe(200);
    for (let i = 0; i < 25; i++) expect((await login(`guess${i}`, 'wrong', '192.0.2.120')).status).toBe(401);
    expect((await login('guess25', 'wrong', '192.0.2.120')).status).toBe(429);
    expect((await login('guess25', 'wrong', '192.0.2.121')).status).toBe(401);
    expect((await login('emmy', person.password, '192.0.2.120')).status).toBe(200);
    await fails(5, 'emmy', () => '192.0.2.120');
    expect((await login('emmy', person.password, '192.0.2.120')).status).toBe(429);
  });

  test('is throttled for a name after 25 failures from any addresses, but not from one where it has succeeded lately', async () => {
    await register({ ...person, username: 'maria', email: 'maria@example.com' });
    const guess = () => fails(25, 'maria', (i) => `198.51.100.${i}`);
    expect((await login('maria', person.password, '192.0.2.125')).status).toBe(200);
    await guess();
    expect((await login('maria', person.password, '192.0.2.126')).status).toBe(429);
    expect((await login('maria', person.password, '192.0.2.125')).status).toBe(200);
    // Thirty days after the last success there, the address is like any other.
    platform.clock.now += 30 * 86_400_000;
    await guess();
    expect((await login('maria', person.password, '192.0.2.125')).status).toBe(429);
  });

  test('that is refused is no failure itself', async () => {
    await register({ ...person, username: 'vera', email: 'vera@example.com' });
    await fails(25, 'vera', (i) => `198.51.100.${i}`);
    platform.clock.now += 800_000;
    for (let i = 0; i < 6; i++) {
      expect((await login('vera', person.password, '192.0.2.127')).body).toMatchObject({ retry_after: 100 });
    }
    platform.clock.now += 100_000;
    expect((await login('vera', person.password, '192.0.2.127')).status).toBe(200);
  });

  test('is throttled for a whole IPv6 network, which one caller may have', async () => {
    await fails(5, 'six', (i) => `2001:db8::${i}`);
    expect((await login('six', 'wrong', '2001:db8:0:0:ffff::1')).status).toBe(429);
    expect((await login('six', 'wrong', '2001:db8:0:1::1')).status).toBe(401);
  });

  test('lets no more guesses through when they come at the same moment', async () => {
    const count = async (guesses: Promise<{ status: number }>[]) => {
      const statuses = (await Promise.all(guesses)).map(({ status }) => status);
      return [401, 429].map((wanted) => statuses.filter((status) => status === wanted).length);
    };
    const from = (address: (i: number) => string) =>
      count(Array.from({ length: 40 }, (_, i) => login('parallel', `guess ${i}`, address(i))));
    expect(await from(() => '192.0.3.250')).toEqual([5, 35]);
    expect(await from((i) => `192.0.3.${i}`)).toEqual([20, 20]);
    const names = Array.from({ length: 40 }, (_, i) => login(`parallel${i}`, 'guess', '192.0.3.251'));
    expect(await count(names)).toEqual([25, 15]);
  });

  test('is granted as often as it is right, also at the same moment', async () => {
    const roomy = await openPlatform({
      rates: { loginFailures: 1000, loginFailuresPerAddress: 1000, loginFailuresPerName: 1000 },
    });
    const json = { username: 'grace', password: person.password };
    await roomy.call({ method: 'POST', path: '/auth/register', json: person });
    const logins = Array.from({ length: 12 }, () => roomy.call({ method: 'POST', path: '/auth/login', json }));
    expect((await Promise.all(logins)).map(({ status }) => status)).toEqual(Array(12).fill(200));
    await roomy.close();
  });

  test('begins the window of its failures with the first of them, not with a success', async () => {
    await register({ ...person, username: 'hedy', email: 'hedy@example.com' });
    expect((await login('hedy', person.password, '192.0.6.1')).status).toBe(200);
    platform.clock.now += 800_000;
    await fails(5, 'hedy', () => '192.0.6.1');
    expect((await login('hedy', person.password, '192.0.6.1')).body).toMatchObject({ retry_after: 900 });
  });

  test('that its address refuses takes nothing of what others have left, not even for a moment', async () => {
    await register({ ...person, username: 'rosa', email: 'rosa@example.com' });
    // One more failure would be too many for the name, and for the address of who guesses it.
    await fails(5, 'rosa', () => '192.0.4.200');
    await fails(19, 'rosa', (i) => `192.0.4.${i}`);
    for (let i = 0; i < 19; i++) await login(`other${i}`, 'wrong', '192.0.4.200');
    const hammered = Array.from({ length: 30 }, () => login('rosa', 'wrong', '192.0.4.200'));
    const owner = login('rosa', person.password, '192.0.4.100');
    const neighbour = login('unrelated', 'wrong', '192.0.4.200');
    expect(new Set((await Promise.all(hammered)).map(({ status }) => status))).toEqual(new Set([429]));
    expect([(await owner).status, (await neighbour).status]).toEqual([200, 401]);
  });

  test('that succeeds clears its failures there, and gives name and address back no more than its own attempt', async () => {
    await register({ ...person, username: 'joan', email: 'joan@example.com' });
    const from = (i: number) => `192.0.5.${i}`;
    await fails(4, 'joan', () => from(0));
    await fails(20, 'joan', (i) => from(i + 1));
    for (let i = 0; i < 20; i++) await login(`nobody${i}`, 'wrong', from(0));
    // With this attempt, 25 of the name and of the address.
    expect((await login('joan', person.password, from(0))).status).toBe(200);
    await fails(5, 'joan', () => from(0));
    expect((await login('joan', person.password, from(100))).status).toBe(200);
    await fails(1, 'joan', () => from(101));
    expect((await login('joan', person.password, from(102))).status).toBe(429);
    expect((await login('nobody20', 'wrong', from(0))).status).toBe(401);
    expect((await login('nobody21', 'wrong', from(0))).status).toBe(429);
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
