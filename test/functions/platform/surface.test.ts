import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '#domain/errors.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let token: string;
beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
});
afterAll(() => platform.close());

describe('the platform', () => {
  test('welcomes, with the headers of every response', async () => {
    const answer = await platform.call({ path: '/' });
    expect(answer.body).toEqual({ message: 'Welcome to the Deep Learning Platform' });
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'X-Request-Id': expect.stringMatching(/^request-/),
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': expect.stringContaining("default-src 'none'"),
      'Cache-Control': 'no-store',
      'Access-Control-Allow-Origin': '*',
    });
    expect(answer.headers['X-RateLimit-Limit']).toBeUndefined();
  });

  test('has nothing at other paths, and names a path’s methods', async () => {
    expect((await platform.call({ path: '/nothing/here' })).body).toEqual({
      error: 'not_found',
      message: 'Resource not found',
    });
    const refused = await platform.call({ method: 'PATCH', path: '/datasets' });
    expect(refused.status).toBe(405);
    expect(refused.headers.Allow).toBe('GET, HEAD, OPTIONS');
    expect(refused.body.message).toBe('PATCH is not allowed here; allowed: GET, HEAD, OPTIONS');
    for (const path of ['/datasets/%E0%A4%A', '/datasets/', '//datasets', '/datasets/{dataset_id}', '/%64atasets']) {
      expect((await platform.call({ path, token, ip: '192.0.2.50' })).status).toBe(404);
    }
  });

  test('answers HEAD as GET, without a body', async () => {
    const answer = await platform.call({ method: 'HEAD', path: '/' });
    expect([answer.status, answer.text]).toEqual([200, '']);
    const refused = await platform.call({ method: 'HEAD', path: '/auth/me' });
    expect([refused.status, refused.text]).toEqual([401, '']);
  });

  test('answers preflights of any origin without counting them', async () => {
    const headers = { Origin: 'https://example.com', 'Access-Control-Request-Method': 'DELETE' };
    const answer = await platform.call({ method: 'OPTIONS', path: '/datasets/some-id', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      Allow: 'GET, PATCH, DELETE, HEAD, OPTIONS',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': expect.stringContaining('DELETE'),
      'Access-Control-Allow-Headers': expect.stringMatching(/Authorization.*X-API-Key/),
      'Access-Control-Max-Age': '600',
    });
    expect(answer.headers['X-RateLimit-Limit']).toBeUndefined();
  });

  test('allows only the configured origins', async () => {
    const ours = await openPlatform({ corsOrigins: ['https://ours.example'] });
    const from = async (Origin: string) =>
      (await ours.call({ path: '/', headers: { Origin } })).headers['Access-Control-Allow-Origin'];
    expect(await from('https://ours.example')).toBe('https://ours.example');
    expect(await from('https://theirs.example')).toBeUndefined();
    await ours.close();
  });

  test('sends programs no headers that are for pages, unless any origin may call', async () => {
    const ours = await openPlatform({ corsOrigins: ['https://ours.example'] });
    for (const path of ['/', '/auth/me']) {
      const { headers } = await ours.call({ path });
      expect(Object.keys(headers).filter((name) => name.startsWith('Access-Control'))).toEqual([]);
      expect(headers.Vary).toBe('Origin');
    }
    await ours.close();
  });

  test('hides unexpected errors, and logs them with their stack', async () => {
    const failing = await openPlatform({}, (adapters) => ({
      ...adapters,
      table: { ...adapters.table, increment: () => Promise.reject(new TypeError('the disk is on fire')) },
    }));
    const failed = await failing.call({ path: '/datasets' });
    expect(failed.status).toBe(500);
    expect(failed.body).toEqual({
      error: 'internal_error',
      message: 'An unexpected error occurred',
      request_id: failed.headers['X-Request-Id'],
    });
    expect(failing.logged.join('\n')).toMatch(/TypeError: the disk is on fire\\n +at /);
    await failing.close();
  });

  test('says when to retry if a dependency is busy', async () => {
    const busy = await openPlatform({}, (adapters) => ({
      ...adapters,
      table: { ...adapters.table, increment: () => Promise.reject(new UnavailableError()) },
    }));
    const answer = await busy.call({ path: '/datasets' });
    expect(answer.status).toBe(503);
    expect(answer.headers['Retry-After']).toBe('1');
    expect(answer.body).toMatchObject({ error: 'unavailable', retry_after: 1 });
    await busy.close();
  });
});

describe('rate limits', () => {
  test('are in the headers of every counted response, and counted for the account', async () => {
    const first = await platform.call({ path: '/auth/me', token });
    const second = await platform.call({ path: '/datasets', token, ip: '192.0.2.99' });
    const left = Number(first.headers['X-RateLimit-Remaining']);
    const reset = Math.floor(platform.clock.now / 3_600_000) * 3600 + 3600;
    expect(second.headers).toMatchObject({
      'X-RateLimit-Limit': '1000',
      'X-RateLimit-Remaining': String(left - 1),
      'X-RateLimit-Reset': String(reset),
      'RateLimit-Policy': '"hour";q=1000;w=3600',
      RateLimit: `"hour";r=${left - 1};t=${reset - platform.clock.now / 1000}`,
    });
  });

  test('are enforced with a 429 and a retry time, and reset with the hour', async () => {
    const limited = await openPlatform({
      accessTokenSeconds: 7200,
      rates: { authenticatedPerHour: 2, anonymousPerHour: 3 },
    });
    const ada = await limited.login('ada');
    const me = () => limited.call({ path: '/auth/me', token: ada, ip: '192.0.2.3' });
    expect((await me()).status).toBe(200);
    expect((await me()).headers['X-RateLimit-Remaining']).toBe('0');
    limited.clock.now += 1_800_500;
    const refused = await me();
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({ error: 'rate_limit_exceeded', message: 'Too many requests', retry_after: 1800 });
    expect(refused.headers).toMatchObject({ 'Retry-After': '1800', 'X-RateLimit-Remaining': '0' });
    expect((await limited.call({ path: '/' })).status).toBe(200);
    limited.clock.now += 1_799_500;
    expect((await me()).headers['X-RateLimit-Remaining']).toBe('1');
    await limited.close();
  });

  test('count callers without a valid token by address, also for unknown paths', async () => {
    const limited = await openPlatform({ rates: { anonymousPerHour: 3 } });
    const ip = '192.0.2.4';
    expect((await limited.call({ path: '/nowhere', ip })).status).toBe(404);
    expect((await limited.call({ path: '/auth/me', token: 'a.b.c', ip })).status).toBe(401);
    expect((await limited.call({ method: 'POST', path: '/auth/login', json: {}, ip })).status).toBe(400);
    expect((await limited.call({ path: '/nowhere', ip })).status).toBe(429);
    expect((await limited.call({ path: '/nowhere', ip: '192.0.2.5' })).status).toBe(404);
    await limited.close();
  });

  test('count a refresh for its account, and for the address only where the token is none', async () => {
    const limited = await openPlatform({ rates: { anonymousPerHour: 3, authenticatedPerHour: 2 } });
    const ip = '192.0.2.6';
    const post = (path: string, json: unknown) => limited.call({ method: 'POST', path, json, ip });
    const credentials = { username: 'grace', password: 'correct horse' };
    await post('/auth/register', { ...credentials, email: 'g@example.com', full_name: 'Grace' });
    const { refresh_token } = (await post('/auth/login', credentials)).body;
    for (const body of [{ refresh_token: 'nobody’s' }, { refresh_token: '' }, {}, { refresh_token: 7 }]) {
      const next = `192.0.2.${60 + Object.keys(body).length}`;
      const answer = await limited.call({ method: 'POST', path: '/auth/refresh', json: body, ip: next });
      expect([400, 401]).toContain(answer.status);
      expect(answer.headers['X-RateLimit-Limit']).toBe('3');
    }
    expect((await post('/auth/refresh', { refresh_token: 'nobody’s' })).headers['X-RateLimit-Remaining']).toBe('0');
    expect((await post('/auth/refresh', { refresh_token: 'nobody’s' })).status).toBe(429);
    // The address has no more left, the account has all.
    const refreshed = await post('/auth/refresh', { refresh_token });
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers).toMatchObject({ 'X-RateLimit-Limit': '2', 'X-RateLimit-Remaining': '1' });
    const { access_token: token } = refreshed.body;
    const me = await limited.call({ path: '/auth/me', token, ip });
    expect(me.headers['X-RateLimit-Remaining']).toBe('0');
    expect((await post('/auth/refresh', { refresh_token })).status).toBe(429);
    await limited.close();
  });

  test('lose no request of many at once', async () => {
    const limited = await openPlatform({ rates: { anonymousPerHour: 10 } });
    const answers = await Promise.all(Array.from({ length: 30 }, () => limited.call({ path: '/datasets' })));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
    await limited.close();
  });
});

describe('what a request costs', () => {
  test('is one read of the session, one of the record and one update of the counter', async () => {
    platform.calls.length = 0;
    await platform.call({ path: '/datasets/019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55', token });
    expect(platform.calls.map((call) => call.replace(/[0-9a-f-]{36}/g, 'ID').replace(/#\d+$/, '#N')).sort()).toEqual([
      'get ACCOUNT#ID DATASET#ID',
      'get ACCOUNT#ID SESSION#ID',
      'increment ACCOUNT#ID#USAGE',
    ]);
    platform.calls.length = 0;
    await platform.call({ path: '/' });
    expect(platform.calls).toEqual([]);
    // Large documents count by themselves.
    await platform.call({ path: '/openapi.json' });
    expect(platform.calls).toEqual([expect.stringMatching(/^increment RATE#documents#address#192\.0\.2\.1#\d+$/)]);
  });
});
