import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApiError, answer, type Credentials, makeClient } from '#client/client.ts';
import type { paths } from '#client/platform/schema.ts';

interface Received extends Pick<IncomingMessage, 'method' | 'url' | 'headers'> {
  readonly body: string;
}

let server: Server;
let base: string;
let received: Received[];
let status: number;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: await text(request) });
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"id":"1"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/below`;
});
beforeEach(() => {
  [received, status] = [[], 200];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('calls below its base, with parameters in their places', async () => {
  const client = makeClient<paths>(base);
  await answer(client.GET('/models', { params: { query: { limit: 5, name_prefix: 'a b' } } }));
  await answer(client.GET('/models/{model_id}', { params: { path: { model_id: 'a/b' } } }));
  expect(received.map(({ url }) => url)).toEqual(['/below/models?limit=5&name_prefix=a%20b', '/below/models/a%2Fb']);
  expect(received[0]?.headers.authorization).toBeUndefined();
});

test('sends the token that its credentials have at the time', async () => {
  const credentials: Credentials = {};
  const client = makeClient<paths>(base, credentials);
  for (const token of ['first', 'second']) {
    credentials.token = token;
    await answer(client.GET('/models'));
  }
  expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
});

test('sends a body as JSON, and one with a file as a form', async () => {
  const client = makeClient<paths>(base);
  await answer(client.POST('/auth/login', { body: { username: 'ada', password: 'correct horse' } }));
  const body = { file: new File(['a,b\n1,2\n'], 'data.csv', { type: 'text/csv' }), name: 'data' };
  expect(await answer(client.POST('/datasets/upload', { body }))).toEqual({ id: '1' });

  const [login, upload] = received;
  expect(login?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(login?.body ?? '')).toEqual({ username: 'ada', password: 'correct horse' });
  const form = await new Response(upload?.body, {
    headers: { 'content-type': upload?.headers['content-type'] ?? '' },
  }).formData();
  expect([form.get('name'), (form.get('file') as File).name, await (form.get('file') as File).text()]).toEqual([
    'data',
    'data.csv',
    'a,b\n1,2\n',
  ]);
});

test('throws an error answer with its status and body, and without the query', async () => {
  status = 404;
  const call = answer(makeClient<paths>(base).GET('/models', { params: { query: { cursor: 'x' } } }));
  await expect(call).rejects.toThrow(ApiError);
  await expect(call).rejects.toMatchObject({
    status: 404,
    body: '{"id":"1"}',
    message: 'GET /below/models answered 404: {"id":"1"}',
  });
});
