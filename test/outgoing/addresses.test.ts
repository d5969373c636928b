import { describe, expect, test } from '@jest/globals';
import { refusal } from '#outgoing/addresses.ts';
import { urlFault } from '#outgoing/url.ts';

const PUBLIC = { loopback: false };
const LOCAL = { loopback: true };

/** One of each network that is not the public internet, with its name. */
const REFUSED = {
  'this network': '0.0.0.0',
  'private, 10/8': '10.0.0.5',
  'private, 172.16/12': '172.31.255.255',
  'private, 192.168/16': '192.168.1.1',
  'carrier-grade NAT': '100.64.0.1',
  'link-local: the metadata of AWS, GCP, Azure': '169.254.169.254',
  "link-local: a container's credentials": '169.254.170.2',
  'protocol assignments': '192.0.0.8',
  documentation: '203.0.113.7',
  benchmarking: '198.18.0.1',
  multicast: '224.0.0.1',
  reserved: '240.0.0.1',
  broadcast: '255.255.255.255',
  "Azure's wire server": '168.63.129.16',
  'metadata of Alibaba': '100.100.100.200',
  unspecified: '::',
  'IPv4-mapped': '::ffff:10.0.0.1',
  'IPv4-mapped in hexadecimal': '::ffff:a9fe:a9fe',
  'IPv4-mapped and public': '::ffff:8.8.8.8',
  'IPv4-compatible': '::10.0.0.1',
  'IPv4-translated': '::ffff:0:10.0.0.1',
  NAT64: '64:ff9b::a9fe:a9fe',
  'local NAT64': '64:ff9b:1::a00:1',
  '6to4': '2002:a00:1::1',
  Teredo: '2001:0:a00:1::1',
  'unique local: the metadata of AWS': 'fd00:ec2::254',
  'link-local of IPv6': 'fe80::1',
  'link-local with a zone': 'fe80::1%eth0',
  'site-local': 'fec0::1',
  'multicast of IPv6': 'ff02::1',
  'documentation of IPv6': '2001:db8::1',
  discard: '100::1',
  'not assigned': '4000::1',
  'no address': 'example.com',
};

/** Every way to write an address of this machine as the host of a URL. */
const LOOPBACK = [
  '127.0.0.1',
  '127.0.0.2',
  '127.255.255.254',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '１２７.0.0.1',
  '127。0。0。1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
];

describe('an address', () => {
  test.each(Object.entries(REFUSED))('that is %s is never called: %s', (_, address) => {
    for (const rules of [PUBLIC, LOCAL]) expect(refusal(address, rules)).toBeDefined();
    const host = address.includes(':') ? `[${address}]` : address;
    for (const scheme of ['http', 'https']) {
      if (address === 'example.com' && scheme === 'https') continue;
      for (const rules of [PUBLIC, LOCAL]) expect(urlFault(`${scheme}://${host}/x`, rules)).toBeDefined();
    }
  });

  test.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::8a'])(
    'that is public may be called: %s',
    (address) => {
      expect(refusal(address, PUBLIC)).toBeUndefined();
      expect(urlFault(`https://${address.includes(':') ? `[${address}]` : address}/`, PUBLIC)).toBeUndefined();
    },
  );

  test.each(LOOPBACK)('of this machine may be called only where that is allowed: %s', (host) => {
    for (const scheme of ['http', 'https']) {
      expect(urlFault(`${scheme}://${host}:8080/hook`, PUBLIC)).toBe('must not lead to this machine');
      expect(urlFault(`${scheme}://${host}:8080/hook`, LOCAL)).toBeUndefined();
    }
  });
});

describe('a URL', () => {
  test.each([
    ['http://example.com/', 'must be https; got http'],
    ['ftp://example.com/', 'must be https; got ftp'],
    ['file:///etc/passwd', 'must be https; got file'],
    ['gopher://example.com/', 'must be https; got gopher'],
    ['https://user:secret@example.com/', 'must not contain a user name or password'],
    ['https://user@example.com/', 'must not contain a user name or password'],
    ['https://example.com/#part', 'must not have a fragment'],
    ['https://example.com/a b', 'must be a URL without spaces and control characters'],
    ['https://example.com/\r\nx-injected: 1', 'must be a URL without spaces and control characters'],
    ['https://exa\tmple.com/', 'must be a URL without spaces and control characters'],
    ['https://', 'must be a URL without spaces and control characters'],
    ['//example.com/', 'must be a URL without spaces and control characters'],
    ['https://1.2.3.4.5/', 'must be a URL without spaces and control characters'],
  ])('%j is refused', (url, fault) => {
    expect(urlFault(url, PUBLIC)).toBe(fault);
  });

  test('may have any port, path and query, and a name in any script', () => {
    for (const url of ['https://example.com:8443/a/b?c=d%20e', 'https://bücher.example/', 'https://EXAMPLE.com']) {
      expect(urlFault(url, PUBLIC)).toBeUndefined();
    }
  });

  test('may be of http only to this machine', () => {
    expect(urlFault('http://example.com/', LOCAL)).toBe('must be https, or http to a loopback address; got http');
    expect(urlFault('http://10.0.0.1/', LOCAL)).toBeDefined();
  });
});
