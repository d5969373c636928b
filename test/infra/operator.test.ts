import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { operatorAuthorizer } from '#infra/embedded/gateway/operator.ts';

/** What is said of a real request with these header fields. */
async function authorized(
  headers: Record<string, string>,
  given: { host?: string; behindProxy?: boolean; path?: string } = {},
) {
  const authorize = operatorAuthorizer({
    apiKeys: ['operator-key'],
    host: '127.0.0.1',
    behindProxy: false,
    account: async () => 'the-account',
    ...given,
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { path = '/api/v1/models/7' } = given;
  request({ port, path, host: '127.0.0.1', headers: { host: `localhost:${port}`, ...headers } })
    .on('error', () => undefined)
    .end();
  const [incoming] = (await once(server, 'request')) as [IncomingMessage];
  const found = await authorize(incoming, ['/api/v1/models']);
  server.closeAllConnections();
  server.close();
  return found;
}

const operator = (by: string) => ({ principalId: 'operator', accountId: 'the-account', by });

describe('the operator', () => {
  test('is who calls from this machine, by a name of it', async () => {
    for (const host of ['localhost', 'localhost:8000', '127.0.0.1:8000', '[::1]:8000']) {
      expect(await authorized({ host })).toEqual(operator('loopback'));
    }
    expect(await authorized({ host: 'localhost:1', origin: 'http://localhost:1' })).toEqual(operator('loopback'));
    expect(await authorized({ 'sec-fetch-site': 'none' })).toEqual(operator('loopback'));
  });

  test.each([
    ['another name, as one whose address was changed to this machine’s', { host: 'evil.example' }],
    ['a name that only begins like one of this machine', { host: 'localhost.evil.example' }],
    ['a page from elsewhere', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['a page from another port of this machine', { host: 'localhost:1', origin: 'http://localhost:2' }],
    ['a link of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a proxy', { 'x-forwarded-for': '127.0.0.1' }],
    ['a proxy by the standard’s header', { forwarded: 'for=127.0.0.1' }],
    ['a proxy that only says its name', { via: '1.1 proxy' }],
    ['the delivery of a webhook', { 'webhook-id': '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' }],
  ])('is not %s', async (_, headers) => {
    expect(await authorized(headers)).toBeUndefined();
  });

  test('is nobody by place where credentials are asked for, so that registering comes before an account of theirs', async () => {
    for (const path of ['/', '/auth/register', '/api/v1/modelsx', '/models?x=/api/v1/models']) {
      expect(await authorized({}, { path })).toBeUndefined();
      expect(await authorized({ 'x-api-key': 'operator-key' }, { path })).toEqual(operator('key'));
    }
    expect(await authorized({}, { path: '/api/v1/models?page=2' })).toEqual(operator('loopback'));
  });

  test('is nobody by place where others can call, or a proxy stands in front', async () => {
    expect(await authorized({}, { host: '0.0.0.0' })).toBeUndefined();
    expect(await authorized({}, { behindProxy: true })).toBeUndefined();
  });

  test('is nobody by place where the request has credentials of somebody, right or wrong', async () => {
    for (const headers of [{ authorization: 'Bearer a.b.c' }, { authorization: '' }, { 'x-api-key': '' }]) {
      expect(await authorized(headers)).toBeUndefined();
    }
  });

  test('is who has one of the operator’s keys, from wherever', async () => {
    const away = { host: '0.0.0.0', behindProxy: true };
    expect(await authorized({ 'x-api-key': 'operator-key' }, away)).toEqual(operator('key'));
    expect(await authorized({ authorization: 'Bearer operator-key' }, away)).toEqual(operator('key'));
    expect(await authorized({ 'x-api-key': 'operator-key2' }, away)).toBeUndefined();
    expect(await authorized({ 'x-api-key': '' }, away)).toBeUndefined();
  });
});
