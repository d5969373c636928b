import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ProxyEvent } from '#infra/embedded/gateway/proxy-event.ts';

const context = { requestId: 'r', now: 0, surface: 'platform', trustedProxies: 0 } as const;
const match = { function: 'platform-api', resource: '/{proxy+}', pathParameters: null } as const;

/** @param headers as Node.js makes them of the raw ones */
function eventOf(rawHeaders: string[], headers: Record<string, string>, url = '/a'): ProxyEvent {
  const socket = { remoteAddress: '192.0.2.1' };
  const request = { rawHeaders, headers, url, method: 'GET', httpVersion: '1.1', socket };
  return new ProxyEvent(request as unknown as IncomingMessage, '/a', match, context);
}

describe('the headers of an event', () => {
  test('are those of Node.js where no name is there twice', () => {
    expect(eventOf(['X-A', '1', 'b', '2'], { 'x-a': '1', b: '2' }).headers).toEqual({ 'x-a': '1', b: '2' });
  });

  test('have the last value of a name, where Node.js joins them or keeps the first', () => {
    const { headers, multiValueHeaders } = eventOf(['host', 'a', 'host', 'b'], { host: 'a' });
    expect([headers.host, multiValueHeaders.host]).toEqual(['b', ['a', 'b']]);
    expect(eventOf(['x', '1', 'x', '2'], { x: '1, 2' }).headers.x).toBe('2');
  });

  test('have no value that comes from what every object has', () => {
    const joined = { constructor: `${Object}, mine` } as unknown as Record<string, string>;
    expect(eventOf(['constructor', 'mine'], joined).headers.constructor).toBe('mine');
  });
});

test('an event for another thread has all that is made when it is looked at', () => {
  const event = eventOf(['a', '1'], { a: '1' }, '/a?q=1&q=2');
  expect(structuredClone(event.whole())).toMatchObject({
    httpMethod: 'GET',
    headers: { a: '1' },
    multiValueHeaders: { a: ['1'] },
    queryStringParameters: { q: '2' },
    multiValueQueryStringParameters: { q: ['1', '2'] },
    requestContext: { requestId: 'r', identity: { sourceIp: '192.0.2.1' } },
  });
});
