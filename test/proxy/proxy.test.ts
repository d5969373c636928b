/** A host behind the proxies of the guide: what it promises, over real connections from two addresses. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningHost, startHostProcess } from '../e2e/running-host.ts';
import { Caller } from './caller.ts';
import { freePort, PROXIES, type ProxyName, type RunningProxy, startProxy } from './proxies.ts';

const MEBIBYTE = 1024 * 1024;
const LIMIT = 32 * MEBIBYTE;
const [HERE, THERE] = ['127.0.0.2', '127.0.0.3'];
const PASSWORD = 'correct horse';
const POLL_MS = 50;

/** Of at most so many bytes, in long lines. */
function csvOf(bytes: number): Buffer {
  const [header, line] = ['a,pad,y\n', `1,${'x'.repeat(1000)},odd\n2,${'y'.repeat(1000)},even\n`];
  return Buffer.from(header + line.repeat(Math.floor((bytes - header.length) / line.length)));
}

/** With the URL on the host's command line, and without it: then the host goes by what the proxy says. */
const OPTIONS: Readonly<Record<ProxyName, (base: string) => readonly string[]>> = {
  nginx: () => [],
  caddy: (base) => ['--public-url', base],
};

describe.each(PROXIES)('behind %s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), `trainyard-${name}-`));
  let base: string;
  /** The same configuration in front of a server of this file. */
  let probeBase: string;
  let host: RunningHost;
  let proxy: RunningProxy;
  let probe: Server;
  let here: Caller;
  let there: Caller;

  beforeAll(async () => {
    const [port, probePort] = [await freePort(), await freePort()];
    [base, probeBase] = [`https://localhost:${port}`, `https://localhost:${probePort}`];
    host = await startHostProcess(join(folder, 'data'), {
      args: ['--trust-proxy', '127.0.0.1', ...OPTIONS[name](base)],
    });
    probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    proxy = await startProxy(name, join(folder, 'proxy'), [
      { port, upstream: new URL(host.base).host },
      { port: probePort, upstream: `127.0.0.1:${(probe.address() as AddressInfo).port}` },
    ]);
    [here, there] = [new Caller(HERE, proxy.authority), new Caller(THERE, proxy.authority)];
    const account = { username: 'ada', password: PASSWORD, email: 'ada@example.com', full_name: 'Ada' };
    expect((await here.call(`${base}/auth/register`, { body: account })).status).toBe(201);
  });
  afterAll(async () => {
    await proxy?.stop();
    await host?.stop();
    probe?.closeAllConnections();
    probe?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const login = async (from: Caller, password: string) =>
    (await from.call(`${base}/auth/login`, { body: { username: 'ada', password } })).status;

  test('two addresses are two callers, whatever they say of themselves', async () => {
    const left = async (from: Caller, said = {}) =>
      Number((await from.call(`${base}/nowhere`, { headers: said })).headers['x-ratelimit-remaining']);
    const [first, other] = [await left(here), await left(there)];
    expect(await left(here, { 'x-forwarded-for': '198.51.100.7' })).toBe(first - 1);
    expect(await left(here, { forwarded: 'for=198.51.100.7', 'x-real-ip': '198.51.100.7' })).toBe(first - 2);
    expect(await left(there, { 'x-forwarded-for': HERE })).toBe(other - 1);
  });

  test('five wrong passwords from one address lock out nobody at another', async () => {
    for (let i = 0; i < 5; i++) expect(await login(here, 'wrong')).toBe(401);
    expect(await login(here, PASSWORD)).toBe(429);
    expect(await login(there, PASSWORD)).toBe(200);
  });

  describe('with a token', () => {
    beforeAll(async () => {
      const answer = await there.call(`${base}/auth/login`, { body: { username: 'ada', password: PASSWORD } });
      there.token = answer.body.access_token;
    });

    const until = async (path: string, state: string): Promise<void> => {
      for (let status: unknown; status !== state; await pause(POLL_MS)) {
        ({ status } = (await there.call(`${base}${path}`)).body);
        if (status === 'failed') throw new Error(`${path} failed`);
      }
    };

    const form = (bytes: Buffer) => ({
      body: Buffer.concat([
        Buffer.from('--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nwhole\r\n'),
        Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'),
        bytes,
        Buffer.from('\r\n--x--\r\n'),
      ]),
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });

    test('a model comes down as the host sends it', async () => {
      const { id } = (await there.call(`${base}/datasets/upload`, form(csvOf(100_000)))).body;
      await until(`/datasets/${id}`, 'ready');
      const wanted = { dataset_id: id, model_type: 'mlp', hyperparameters: { epochs: 1 } };
      const job = (await there.call(`${base}/training/start`, { body: wanted })).body.job_id;
      await until(`/training/status/${job}`, 'completed');
      const { model_id } = (await there.call(`${base}/training/results/${job}`)).body;
      const path = `/models/${model_id}/download`;
      const [through, direct] = await Promise.all([
        there.call(`${base}${path}`),
        fetch(`${host.base}${path}`, { headers: { authorization: `Bearer ${there.token}` } }),
      ]);
      expect(through.status).toBe(200);
      expect(through.bytes.equals(Buffer.from(await direct.arrayBuffer()))).toBe(true);
    });

    test('a part goes up to the URL that it was given', async () => {
      const csv = csvOf(20 * MEBIBYTE);
      const begun = await there.call(`${base}/datasets/uploads`, {
        body: { name: 'parts', file_size: csv.length, target: 'y' },
      });
      const { upload_id, part_size, parts } = begun.body;
      expect(parts.length).toBeGreaterThan(1);
      const done = [];
      for (const { part, url } of parts) {
        expect(new URL(url).origin).toBe(base);
        const body = csv.subarray((part - 1) * part_size, part * part_size);
        const answer = await here.call(url, { method: 'PUT', body });
        expect(answer.status).toBe(200);
        done.push({ part, etag: answer.headers.etag });
      }
      const complete = await there.call(`${base}/datasets/uploads/${upload_id}/complete`, { body: { parts: done } });
      expect(complete.body).toMatchObject({ file_size: csv.length });
    });

    test('the same goes over HTTP/2', async () => {
      const begun = await there.callHttp2(`${base}/datasets/uploads`, { name: 'parts', file_size: 4 });
      const [{ url }] = (begun as { parts: [{ url: string }] }).parts;
      expect(new URL(url).origin).toBe(base);
      expect((await there.call(url, { method: 'PUT', body: 'a,b\n' })).status).toBe(200);
    });

    test('as much goes up in one request as the host takes', async () => {
      const csv = csvOf(LIMIT);
      const taken = await there.call(`${base}/datasets/upload`, form(csv));
      expect([taken.status, taken.body.file_size]).toEqual([201, csv.length]);
    });

    test('what is larger the host itself refuses, before it has been sent', async () => {
      const headers = { ...form(Buffer.of()).headers, 'content-length': 2 * LIMIT };
      const outgoing = there.open(`${base}/datasets/upload`, { method: 'POST', headers });
      outgoing.write('--x\r\n');
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      const { error } = JSON.parse((await response.toArray()).join(''));
      outgoing.destroy();
      expect([response.statusCode, error]).toEqual([413, 'payload_too_large']);
    });
  });

  const answering = async (): Promise<[IncomingMessage, ServerResponse]> =>
    (await once(probe, 'request')) as [IncomingMessage, ServerResponse];

  test('the host is told who calls and what was asked for', async () => {
    const said = { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example.com', 'x-forwarded-for': THERE };
    const calling = here.call(probeBase, { headers: said });
    const [incoming, response] = await answering();
    response.end();
    await calling;
    const { host } = new URL(probeBase);
    // Of HTTP/1.0 nobody could tell an answer that was cut off from one that has ended.
    expect(incoming.httpVersion).toBe('1.1');
    expect(incoming.headers).toMatchObject({ host, 'x-forwarded-proto': 'https', 'x-forwarded-host': host });
    expect(incoming.headers['x-forwarded-for']).toMatch(new RegExp(`(^|, )${HERE}$`));
  });

  describe('nothing is held back', () => {
    test.each(['text/event-stream', 'application/octet-stream'])('of an answer of %s', async (type) => {
      const outgoing = here.open(probeBase).end();
      const [, response] = await answering();
      response.writeHead(200, { 'content-type': type });
      response.write('first');
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      const chunks = incoming.iterator();
      // Each is read before the next is written.
      expect(String((await chunks.next()).value)).toBe('first');
      response.write('second');
      expect(String((await chunks.next()).value)).toBe('second');
      response.end();
      expect((await chunks.next()).done).toBe(true);
    });

    test('of a request', async () => {
      const outgoing = here.open(probeBase, { method: 'PUT', headers: { 'content-length': '11' } });
      outgoing.write('first');
      const [incoming, response] = await answering();
      const chunks = incoming.iterator();
      expect(String((await chunks.next()).value)).toBe('first');
      outgoing.end('second');
      expect(String((await chunks.next()).value)).toBe('second');
      response.end();
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(200);
    });

    test('when the caller goes away', async () => {
      const outgoing = here.open(probeBase).end();
      const [, response] = await answering();
      const gone = once(response, 'close');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('first');
      await once(outgoing, 'response');
      outgoing.destroy();
      await gone;
    });
  });
});
