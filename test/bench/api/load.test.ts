import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Load, startLoad } from '../../../bench/api/load/load.ts';
import { UNIQUE } from '../../../bench/api/load/mix.ts';

interface Seen {
  readonly method: string | undefined;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

let server: Server | undefined;
let load: Load | undefined;

afterEach(async () => {
  await load?.[Symbol.asyncDispose]();
  server?.closeAllConnections();
  server?.close();
});

/** Starts a server that gives each request the status that `answer` says, and a generator. Resolves with the base URL. */
async function open(answer: (request: IncomingMessage) => Promise<number>): Promise<string> {
  const opened = createServer(async (request, response) => {
    response.statusCode = await answer(request);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  server = opened;
  await new Promise((listening) => opened.once('listening', listening));
  load = startLoad();
  return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;
}

const list = { name: 'list', weight: 1, method: 'GET', path: '/models', token: 'secret' } as const;
const login = { name: 'login', weight: 1, method: 'POST', path: '/login', body: { password: 'ü' } } as const;

describe('the load generator', () => {
  test('makes as many requests as it was asked for, with their tokens and bodies', async () => {
    const seen: Seen[] = [];
    const base = await open(async (request) => {
      const { method, headers } = request;
      seen.push({
        method,
        authorization: headers.authorization,
        type: headers['content-type'],
        body: await text(request),
      });
      return 200;
    });
    const { kinds } = await load!.run({ base, clients: 4, kinds: [list, login], seconds: 60, requests: 100, seed: 1 });
    const [lists, logins] = [kinds.list!.latencies.length, kinds.login!.latencies.length];
    expect(lists + logins).toBe(100);
    expect(seen.filter(({ method }) => method === 'GET')).toEqual(
      new Array(lists).fill({ method: 'GET', authorization: 'Bearer secret', type: undefined, body: '' }),
    );
    expect(seen.filter(({ method }) => method === 'POST')).toEqual(
      new Array(logins).fill({
        method: 'POST',
        authorization: undefined,
        type: 'application/json',
        body: '{"password":"ü"}',
      }),
    );
  });

  test('gives each request another text where its body asks for one, also in the next order', async () => {
    const seen: string[] = [];
    const base = await open(async (request) => {
      seen.push(await text(request));
      return 200;
    });
    const create = { name: 'create', weight: 1, method: 'POST', path: '/create', body: { id: `x-${UNIQUE}` } } as const;
    const order = { base, clients: 4, kinds: [create], seconds: 60, requests: 20 };
    for (const seed of [0, 1]) await load!.run({ ...order, seed });
    expect(new Set(seen).size).toBe(40);
    for (const body of seen) expect(body).toMatch(/^\{"id":"x-\d+-\d+"\}$/);
  });

  test('has just as many requests under way as there are clients', async () => {
    let [now, most] = [0, 0];
    const waiting: (() => void)[] = [];
    const base = await open(async () => {
      most = Math.max(most, ++now);
      // Nobody is answered before all have asked.
      await new Promise<void>((go) => {
        waiting.push(go);
        if (waiting.length === 3) for (const one of waiting.splice(0)) one();
      });
      now -= 1;
      return 200;
    });
    await load!.run({ base, clients: 3, kinds: [list], seconds: 60, requests: 9, seed: 1 });
    expect(most).toBe(3);
  });

  test('begins nothing once its time is over', async () => {
    const base = await open(async () => 200);
    const { seconds, busy } = await load!.run({ base, clients: 2, kinds: [list], seconds: 0.05, seed: 1 });
    expect(seconds).toBeGreaterThanOrEqual(0.05);
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThanOrEqual(1);
  });

  test('counts what did not succeed by its status, and by no means as an answer', async () => {
    let asked = 0;
    const base = await open(async () => (asked++ % 2 === 0 ? 200 : 429));
    const { kinds } = await load!.run({ base, clients: 1, kinds: [list], seconds: 60, requests: 10, seed: 1 });
    expect(kinds.list!.latencies).toHaveLength(5);
    expect(kinds.list!.errors).toEqual({ 429: 5 });
  });

  test('gives up a client whose connection breaks', async () => {
    const base = await open(async () => {
      server!.closeAllConnections();
      return 200;
    });
    const { kinds } = await load!.run({ base, clients: 1, kinds: [list], seconds: 60, seed: 1 });
    expect(kinds.list!.latencies).toHaveLength(0);
    expect(Object.values(kinds.list!.errors)).toEqual([1]);
  });
});
