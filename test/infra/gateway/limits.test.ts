import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { GatewayLimits } from '#infra/embedded/gateway/limits.ts';
import { parseTrustedProxies } from '#infra/embedded/gateway/trusted-proxies.ts';
import type { HostOptions } from '#infra/embedded/host-options.ts';
import type { User } from '#test/e2e/user.ts';
import { Connection, head } from './connection.ts';
import { type LimitedHost, limitedHost, uploadHead, uploadOf } from './limited-host.ts';

const KILOBYTE = 1000;
/** Longer than a test takes. */
const SECONDS = 600;
/** Long enough for the requests that tests send in one go. */
const SHORT = 0.3;

let served: LimitedHost;
const open: Connection[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) connection.destroy();
  await served.close();
});

const start = async (limits: Partial<GatewayLimits>, options: Partial<HostOptions> = {}): Promise<void> => {
  served = await limitedHost(limits, options);
};

async function sending(text: string | Uint8Array): Promise<Connection> {
  const connection = await Connection.sending(served.base, text);
  open.push(connection);
  return connection;
}

/** The status for a body that was received, and is not JSON. */
const READ = 400;
const get = head('GET', '/');
const statusOf = async (connection: Connection): Promise<number> =>
  Number(/^HTTP\/1.1 (\d+)/.exec(await connection.until(/\r\n\r\n/))?.[1]);

test('a small body that has come with its head is not received: it counts against no quota', async () => {
  await start({ clientBytes: 10, totalBytes: 10 });
  const user = await served.user();
  const body = 'x'.repeat(100);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${user.client.token}` };
  const asked = head('POST', '/training/start', { ...headers, 'content-length': body.length }) + body;
  // A call that is counted at once is ready for its body before the parser has got to the end of it.
  for (let n = 0; n < 4; n++) expect(await statusOf(await sending(asked))).toBe(READ);
});

describe('a body that makes no progress', () => {
  test.each([
    ['with a length', { 'content-length': 1000 }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('%s, times out with a 408', async (_, headers) => {
    await start({ bodySeconds: SHORT });
    const upload = await sending(uploadHead(await served.user(), headers));
    const answer = await upload.ended();
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain('"error":"request_timeout"');
  });

  test('in the middle, times out as well', async () => {
    await start({ bodySeconds: SHORT });
    const { head: announced, body } = uploadOf(await served.user(), 200 * KILOBYTE);
    const upload = await sending(announced);
    upload.send(body.subarray(0, -1));
    expect(await upload.ended()).toMatch(/^HTTP\/1.1 408 /);
  });

  test('of a part for a presigned URL, times out, and nothing of it is stored', async () => {
    await start({ bodySeconds: SHORT });
    const { client } = await served.user();
    const begun = { name: 'parts', file_size: 1000 };
    const { parts } = await client.post<{ parts: { url: string }[] }>('/datasets/uploads', begun);
    const { pathname, search } = new URL(parts[0]!.url);
    const silent = await sending(head('PUT', `${pathname}${search}`, { 'content-length': 1000 }));
    silent.send('x'.repeat(500));
    expect(await silent.ended()).toMatch(/^HTTP\/1.1 408 /);
    const shards = await readdir(join(served.data, 'blobs'));
    for (const shard of shards) expect(await readdir(join(served.data, 'blobs', shard))).toEqual([]);
  });
});

/** Sends all but the last byte of a body to a route that needs a token. */
async function begin(user: User, bytes: number) {
  const headers = { 'content-type': 'application/json', 'content-length': bytes };
  const connection = await sending(
    head('POST', '/training/start', { ...headers, authorization: `Bearer ${user.client.token}` }),
  );
  connection.send(' '.repeat(bytes - 1));
  return { connection, finish: () => connection.send(' ') };
}

/** Which of several bodies was refused, and which are still being received. */
async function refusedOf(...uploads: readonly Awaited<ReturnType<typeof begin>>[]) {
  const refused = await Promise.race(uploads.map(async (each) => ({ each, answer: await each.connection.ended() })));
  return { answer: refused.answer, others: uploads.filter((each) => each !== refused.each) };
}

describe('the bytes of bodies', () => {
  test('are limited per account', async () => {
    await start({ clientBytes: 400 * KILOBYTE, bodySeconds: SECONDS });
    const [ada, bob] = [await served.user(), await served.user()];
    const { answer, others } = await refusedOf(await begin(ada, 250 * KILOBYTE), await begin(ada, 250 * KILOBYTE));
    expect(answer).toMatch(/^HTTP\/1.1 429 [\s\S]*retry-after: 5[\s\S]*Too many request bodies at once/i);
    const other = await begin(bob, 250 * KILOBYTE);
    for (const { connection, finish } of [other, ...others]) {
      finish();
      expect(await statusOf(connection)).toBe(READ);
    }
  });

  test('are limited in total, at the expense of the account that uses most', async () => {
    await start({ clientBytes: 1000 * KILOBYTE, totalBytes: 350 * KILOBYTE, bodySeconds: SECONDS });
    const [ada, bob] = [await served.user(), await served.user()];
    const ofAda = [await begin(ada, 150 * KILOBYTE), await begin(ada, 150 * KILOBYTE)];
    const ofBob = await begin(bob, 100 * KILOBYTE);
    const { answer, others } = await refusedOf(...ofAda);
    expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 5/i);
    for (const { connection, finish } of [ofBob, ...others]) {
      finish();
      expect(await statusOf(connection)).toBe(READ);
    }
  });

  test('of requests without a token are limited per address, apart from accounts at that address', async () => {
    await start({ clientBytes: 300 * KILOBYTE, bodySeconds: SECONDS });
    const ada = await served.user();
    const json = { 'content-type': 'application/json', 'content-length': 200 * KILOBYTE };
    const logins = [await sending(head('POST', '/auth/login', json)), await sending(head('POST', '/auth/login', json))];
    for (const login of logins) login.send(' '.repeat(200 * KILOBYTE - 1));
    expect(await Promise.race(logins.map((login) => login.ended()))).toMatch(/^HTTP\/1.1 429 /);
    const { connection, finish } = await begin(ada, 200 * KILOBYTE);
    finish();
    expect(await statusOf(connection)).toBe(READ);
  });
});

describe('connections of one address', () => {
  test('are limited, even if nothing is sent on them, and a refused client is told when to retry', async () => {
    await start({ connectionsPerAddress: 3 });
    const silent = [await sending(''), await sending(''), await sending('')];
    const fourth = await sending(get);
    expect(await fourth.ended()).toMatch(
      /^HTTP\/1.1 429 Too Many Requests\r\n[\s\S]*retry-after: 1\r\n[\s\S]*\{"message":"Too many connections from one address"\}$/,
    );
    silent[0]!.destroy();
    while ((await statusOf(await sending(get))) !== 200);
  });

  test('are limited together with those of all other addresses', async () => {
    await start({ connections: 2 });
    await sending('');
    await sending('');
    expect(await (await sending(get)).ended()).toMatch(/^HTTP\/1.1 503 [\s\S]*\{"message":"Too many connections"\}$/);
  });

  test('carry a limited number of pipelined requests', async () => {
    await start({ connectionsPerAddress: 5 });
    const authorization = `Bearer ${(await served.user()).client.token}`;
    const pipelined = await sending(head('GET', '/auth/me', { authorization }).repeat(50));
    const answer = await pipelined.ended();
    expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(5);
    expect(answer.match(/HTTP\/1.1 429 /g)).toHaveLength(1);
  });
});

describe.each(['loopback', '1'])('behind a proxy, with --trust-proxy %s', (trust) => {
  const forwarded = (address: string, rest: Readonly<Record<string, string | number>> = {}) =>
    uploadHead(undefined, { 'x-forwarded-for': address, ...rest });

  const login = (address: string) =>
    head('POST', '/auth/login', {
      'content-type': 'application/json',
      'content-length': 100,
      expect: '100-continue',
      'x-forwarded-for': address,
    });

  test('the proxy’s connections are limited in total only', async () => {
    await start({ connectionsPerAddress: 2, connections: 6 }, { trustedProxies: parseTrustedProxies(trust) });
    for (let n = 0; n < 5; n++) await sending('');
    // A response would close it.
    await (await sending(login('198.51.100.1'))).until(/100 Continue/);
    expect(await (await sending(get)).ended()).toMatch(/^HTTP\/1.1 503 /);
  });

  test('concurrent requests are limited per caller', async () => {
    await start({ connectionsPerAddress: 2, bodySeconds: SECONDS }, { trustedProxies: parseTrustedProxies(trust) });
    for (let n = 0; n < 2; n++) await (await sending(login('198.51.100.1'))).until(/100 Continue/);
    expect(await statusOf(await sending(forwarded('198.51.100.1')))).toBe(429);
    expect(await statusOf(await sending(forwarded('198.51.100.2')))).toBe(401);
  });
});

describe('a host that closes', () => {
  test('waits neither for silent connections nor for bodies that are not received', async () => {
    await start({ bodySeconds: SECONDS, closeSeconds: 0 });
    const silent = await sending('');
    const half = await sending('GET / HT');
    const headers = { 'content-length': 1000, Expect: '100-continue' };
    const upload = await sending(uploadHead(await served.user(), headers));
    await upload.until(/100 Continue/);
    await served.host.close();
    expect(await silent.ended()).toBe('');
    expect(await half.ended()).toBe('');
    expect(await upload.ended()).toContain('HTTP/1.1 503 ');
  });
});
