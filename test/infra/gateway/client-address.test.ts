import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { clientAddress, originOf } from '#infra/embedded/gateway/client-address.ts';
import { parseTrustedProxies } from '#infra/embedded/gateway/trusted-proxies.ts';

/** A request whose socket says that it comes from there. */
function requestFrom(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const request = new IncomingMessage(Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress }));
  const headers: IncomingHttpHeaders = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return Object.assign(request, { headers });
}

const address = (remote: string | undefined, forwarded: string | undefined, trust: string | undefined) =>
  clientAddress(requestFrom(remote, forwarded), trust === undefined ? 0 : parseTrustedProxies(trust));

describe('the address that a request counts for', () => {
  test('is the socket’s where no proxy is trusted, whatever the header says', () => {
    expect(address('192.0.2.1', '198.51.100.7', undefined)).toBe('192.0.2.1');
    expect(address('192.0.2.1', undefined, undefined)).toBe('192.0.2.1');
    expect(address(undefined, undefined, undefined)).toBe('');
  });

  test.each([
    ['one proxy', '10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['what a caller has made up is to the left', '10.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['a row of proxies', '10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.3, 10.0.0.2', '198.51.100.7'],
    ['who calls the host without a proxy', '198.51.100.9', '1.1.1.1, 10.0.0.1', '198.51.100.9'],
    ['a proxy that calls for itself', '10.0.0.1', undefined, '10.0.0.1'],
    ['nothing but proxies: the farthest', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a socket of IPv6 for an address of IPv4', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['an entry of IPv6 for an address of IPv4', '10.0.0.1', '198.51.100.7, ::ffff:10.0.0.2', '198.51.100.7'],
    ['IPv6', '2001:db8::1', '2001:db8:1::9', '2001:db8:1::9'],
    ['a proxy on a link', 'fe80::1%eth0', '198.51.100.7', '198.51.100.7'],
    ['ports', '10.0.0.1', '198.51.100.7:50123, 10.0.0.2:80', '198.51.100.7'],
    ['ports and brackets', '2001:db8::1', '[2001:db8:1::9]:50123, [2001:db8::2]', '2001:db8:1::9'],
    ['no spaces, and tabs', '10.0.0.1', '1.1.1.1,\t198.51.100.7 ,10.0.0.2', '198.51.100.7'],
  ])('is read from the right as far as proxies are trusted: %s', (_, remote, forwarded, expected) => {
    expect(address(remote, forwarded, '10.0.0.0/24,2001:db8::/48,linklocal')).toBe(expected);
  });

  test.each([
    ['unknown', '10.0.0.1'],
    ['', '10.0.0.1'],
    [',', '10.0.0.1'],
    ['198.51.100.7, ', '10.0.0.1'],
    ['198.51.100.7, _hidden, 10.0.0.2', '10.0.0.2'],
    ['010.0.0.1', '10.0.0.1'],
    ['1', '10.0.0.1'],
    ['198.51.100.7:', '10.0.0.1'],
    ['198.51.100.7:123456', '10.0.0.1'],
    ['[198.51.100.7', '10.0.0.1'],
    ['<script>', '10.0.0.1'],
  ])('is the nearest proxy’s where the header has %j for one', (forwarded, expected) => {
    expect(address('10.0.0.1', forwarded, '10.0.0.0/24')).toBe(expected);
  });

  test.each([
    ['1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['2', '1.1.1.1, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['2', '198.51.100.7', '192.0.2.1'],
    ['1', undefined, '192.0.2.1'],
    ['1', 'unknown', '192.0.2.1'],
    ['2', '198.51.100.7, unknown', '192.0.2.1'],
    ['2', 'unknown, 198.51.100.7', '192.0.2.1'],
    ['2', '2001:db8::7, [::1]:80', '2001:db8::7'],
  ])('behind %s proxies of any address, with %j, is %s', (hops, forwarded, expected) => {
    expect(address('192.0.2.1', forwarded, hops)).toBe(expected);
  });

  test('comes with how many proxies vouch for it', () => {
    const through = (forwarded: string, trust: string) =>
      originOf(requestFrom('10.0.0.1', forwarded), parseTrustedProxies(trust)).proxies;
    expect(through('1.1.1.1, 198.51.100.7', '10.0.0.1')).toBe(1);
    expect(through('198.51.100.7, 10.0.0.1', '10.0.0.1')).toBe(2);
    expect(through('198.51.100.7', '10.0.0.9')).toBe(0);
    expect(through('198.51.100.7', '2')).toBe(0);
  });
});
