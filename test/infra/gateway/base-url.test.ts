import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { baseUrlFor } from '#infra/embedded/gateway/base-url.ts';
import { parseTrustedProxies } from '#infra/embedded/gateway/trusted-proxies.ts';

interface Connection {
  readonly from: string;
  /** Of this machine. */
  readonly to: string;
}

function base({ from, to }: Connection, headers: IncomingHttpHeaders, trust?: string): string {
  const ends = { remoteAddress: { value: from }, localAddress: { value: to }, localPort: { value: 8000 } };
  const request = new IncomingMessage(Object.defineProperties(new Socket(), ends));
  return baseUrlFor(Object.assign(request, { headers }), trust === undefined ? 0 : parseTrustedProxies(trust));
}

const lan = { from: '192.168.1.9', to: '192.168.1.5' };
const proxy = { from: '127.0.0.1', to: '127.0.0.1' };
const forwarded = (proto: string | undefined, host: string | undefined, through = '198.51.100.7') => ({
  host: 'name.example.com',
  'x-forwarded-for': through,
  ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
  ...(host === undefined ? {} : { 'x-forwarded-host': host }),
});

describe('the base URL of a request', () => {
  test.each([
    ['192.168.1.5', 'http://192.168.1.5:8000'],
    ['::ffff:192.168.1.5', 'http://192.168.1.5:8000'],
    ['2001:db8::5', 'http://[2001:db8::5]:8000'],
    ['fe80::5%eth0', 'http://[fe80::5]:8000'],
  ])('is where its connection ends: %s', (to, expected) => {
    expect(base({ ...lan, to }, {})).toBe(expected);
  });

  test('is nothing that the caller says', () => {
    const said = forwarded('https', 'evil.example.com');
    expect(base(lan, said)).toBe('http://192.168.1.5:8000');
    expect(base(lan, said, 'loopback')).toBe('http://192.168.1.5:8000');
    expect(base(lan, { ...said, 'x-forwarded-for': '198.51.100.7' }, '2')).toBe('http://192.168.1.5:8000');
  });

  test.each([
    ['https', 'ml.example.com', 'https://ml.example.com'],
    ['HTTPS', 'ML.example.com:8443', 'https://ml.example.com:8443'],
    ['https', 'ml.example.com:443', 'https://ml.example.com'],
    ['http', '[2001:db8::1]:8080', 'http://[2001:db8::1]:8080'],
    ['https', undefined, 'https://name.example.com'],
    ['http, https', 'evil.example.com, ml.example.com', 'https://ml.example.com'],
  ])('is what a trusted proxy was asked for: %s and %s', (proto, host, expected) => {
    expect(base(proxy, forwarded(proto, host), 'loopback')).toBe(expected);
    expect(base(proxy, forwarded(proto, host), '1')).toBe(expected);
  });

  test('is what the first of several trusted proxies was asked for', () => {
    const through = '198.51.100.7, 10.0.0.2';
    const of = (proto: string, host: string) => base(proxy, forwarded(proto, host, through), 'loopback,10.0.0.2');
    expect(of('http, https, http', 'evil.example.com, ml.example.com, inner')).toBe('https://ml.example.com');
    // The inner one has passed on what the outer one wrote.
    expect(of('https', 'ml.example.com')).toBe('https://ml.example.com');
  });

  test.each([
    [undefined, 'ml.example.com'],
    ['', 'ml.example.com'],
    ['javascript', 'ml.example.com'],
    ['https', 'ml.example.com/path'],
    ['https', 'user@ml.example.com'],
    ['https', 'ml.example.com:port'],
    ['https', 'a b'],
    ['https', ' '],
    ['https', '[::1'],
  ])('is where the connection ends where a proxy says %j and %j', (proto, host) => {
    expect(base(proxy, forwarded(proto, host), 'loopback')).toBe('http://127.0.0.1:8000');
  });
});
