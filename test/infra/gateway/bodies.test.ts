import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { User } from '#test/e2e/user.ts';
import { Connection, head } from './connection.ts';
import { type LimitedHost, limitedHost, uploadHead, uploadOf } from './limited-host.ts';

const MEGABYTE = 1_000_000;

let served: LimitedHost;
let user: User;
const open: Connection[] = [];
beforeAll(async () => {
  served = await limitedHost();
  user = await served.user();
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.destroy();
});
afterAll(() => served.close());

async function sending(text: string | Uint8Array): Promise<Connection> {
  const connection = await Connection.sending(served.base, text);
  open.push(connection);
  return connection;
}

const isServed = async () => expect((await fetch(served.base)).status).toBe(200);

describe('silent uploads', () => {
  test.each([
    ['with a length', () => uploadHead(user, { 'content-length': 30 * MEGABYTE })],
    ['in chunks', () => uploadHead(user, { 'transfer-encoding': 'chunked' })],
    ['without a token', () => uploadHead(undefined, { 'content-length': 30 * MEGABYTE })],
    ['of JSON', () => head('POST', '/auth/login', { 'content-type': 'application/json', 'content-length': MEGABYTE })],
  ])('%s, do not hold up other requests', async (_, of) => {
    for (let n = 0; n < 60; n++) await sending(of());
    await isServed();
    const { head: small, body } = uploadOf(user, 100);
    expect(await (await sending(Buffer.concat([Buffer.from(small), body]))).until(/\r\n\r\n.*\}/s)).toMatch(
      /^HTTP\/1.1 201/,
    );
  });

  test('do not hold up predictions, which are made one at a time', async () => {
    const path = '/models/019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55/predict';
    const headers = { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' };
    for (let n = 0; n < 3; n++) await sending(head('POST', path, { ...headers, 'content-length': 20 }));
    const answer = await fetch(`${served.base}${path}`, { method: 'POST', headers, body: '{"input":[1]}' });
    expect(answer.status).toBe(404);
  });
});

describe('a body', () => {
  test('that is not read is not waited for: the response is sent, and the connection closed', async () => {
    const anonymous = await sending(uploadHead(undefined, { 'content-length': 30 * MEGABYTE }));
    const answer = await anonymous.ended();
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });

  test.each([
    [401, (headers: Record<string, number>) => uploadHead(undefined, headers)],
    [403, (headers: Record<string, number>) => head('PUT', '/-/blobs/datasets/~key?signature=forged', headers)],
  ])(
    'that is not read because of a %d may be sent all the same, and the client sees the response',
    async (status, of) => {
      const anonymous = await sending(of({ 'content-length': 20 * MEGABYTE }));
      await anonymous.until(new RegExp(`${status}`));
      for (let n = 0; n < 20; n++) await anonymous.sent(Buffer.alloc(MEGABYTE));
      expect(await anonymous.ended()).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*\\}$`));
      expect(anonymous.socket.errored).toBeNull();
    },
  );

  test('is asked for with 100 Continue after the caller was admitted, and not before', async () => {
    const { head: announced, body } = uploadOf(user, 1000);
    const expecting = (text: string) => text.replace('\r\n', '\r\nExpect: 100-continue\r\n');
    const admitted = await sending(expecting(announced));
    expect(await admitted.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    admitted.send(body);
    expect(await admitted.until(/\}/)).toMatch(/\r\n\r\nHTTP\/1.1 201 /);
    const refused: [string, number][] = [
      [uploadHead(undefined, { 'content-length': 1000 }), 401],
      [uploadHead(user, { 'content-length': 33 * 1024 * 1024 }), 413],
      [uploadHead(user, { 'content-length': 1000, 'content-type': 'text/csv' }), 415],
      [uploadHead(user, { 'content-length': 1000 }).replace('/datasets/upload', '/nowhere'), 404],
    ];
    for (const [text, status] of refused) {
      expect(await (await sending(expecting(text))).ended()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  test('of a part for a presigned URL is asked for as well', async () => {
    const begun = { name: 'parts', file_size: 1000 };
    const { parts } = await user.client.post<{ parts: { url: string }[] }>('/datasets/uploads', begun);
    const { pathname, search } = new URL(parts[0]!.url);
    const headers = { 'content-length': 1000, Expect: '100-continue' };
    const part = await sending(head('PUT', `${pathname}${search}`, headers));
    await part.until(/100 Continue\r\n\r\n/);
    part.send('x'.repeat(1000));
    expect(await part.until(/ 200 OK[\s\S]*\r\n\r\n/)).toMatch(/etag: "[0-9a-f]+-1000"/i);
  });

  test('with a refresh token is received before its account is known, and then counts for the account', async () => {
    const refresh = head('POST', '/auth/refresh', {
      'content-type': 'application/json',
      'content-length': 30,
      Expect: '100-continue',
    });
    const refreshing = await sending(refresh);
    await refreshing.until(/100 Continue\r\n\r\n/);
    refreshing.send('{"refresh_token":"nobody’s"}');
    expect(await refreshing.until(/\}/)).toMatch(/HTTP\/1.1 401 [\s\S]*x-ratelimit-limit: 10000\r\n/i);
    const bad = await sending(refresh.replace('application/json', 'text/csv'));
    expect(await bad.ended()).toMatch(/^HTTP\/1.1 415 [\s\S]*x-ratelimit-limit: 10000\r\n/i);
    const login = await fetch(`${served.base}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: user.username, password: user.password }),
    });
    const { refresh_token } = (await login.json()) as { refresh_token: string };
    const known = await fetch(`${served.base}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token }),
    });
    expect([known.status, known.headers.get('x-ratelimit-limit')]).toEqual([200, '1000']);
  });

  test('of JSON is refused beyond a mebibyte, with a length or in chunks', async () => {
    const json = (headers: Record<string, string | number>) =>
      head('POST', '/auth/login', { 'content-type': 'application/json', ...headers });
    const bound = 1024 * 1024;
    const announced = await sending(json({ 'content-length': bound + 1 }));
    expect(await announced.ended()).toMatch(/^HTTP\/1.1 413 /);
    const chunked = await sending(json({ 'transfer-encoding': 'chunked' }));
    for (let n = 0; n <= bound; n += 65_536) chunked.send(`10000\r\n${' '.repeat(65_536)}\r\n`);
    const answer = await chunked.ended();
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain(`must be at most ${bound} bytes; got `);
  });

  test('that is large is stored in an unlinked file until it is processed', async () => {
    const { head: announced, body } = uploadOf(user, 10 * MEGABYTE);
    const upload = await sending(announced);
    await upload.sent(body.subarray(0, -1));
    expect(await readdir(join(served.data, '.bodies'))).toEqual([]);
    upload.send(body.subarray(-1));
    const answer = await upload.until(/\}/);
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    expect(answer).toMatch(/"file_size":10\d{6}/);
    expect(answer).not.toMatch(/connection: close/i);
  });

  test('of a client that disconnects does no harm', async () => {
    for (const bytes of [0, 100_000, 5 * MEGABYTE]) {
      const { head: announced, body } = uploadOf(user, 6 * MEGABYTE);
      const upload = await sending(announced);
      await upload.sent(body.subarray(0, bytes));
      upload.destroy();
    }
    await isServed();
  });
});
