/** The reverse proxies in front of this host, whose headers say where a request came from. */
import { BlockList, isIP } from 'node:net';
import { UsageError } from '../../command-line.ts';

/** Their addresses; or how many there are in a row, whatever their addresses are. 0: there is none. */
export type TrustedProxies = number | BlockList;

/** Ranges with the names that other servers use (RFC 1122, 3927, 1918, 4193, 4291). */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1']],
  ['linklocal', ['169.254.0.0/16', 'fe80::/10']],
  ['uniquelocal', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);

const MOST_PROXIES = 10;
const BITS = { ipv4: 32, ipv6: 128 } as const;

/**
 * Parses `2`, or `loopback,192.0.2.7,2001:db8::/32`. Existing libraries are not used, because they take `1` for an address
 * and `010.0.0.1` for 8.0.0.1.
 * @throws UsageError
 */
export function parseTrustedProxies(text: string): TrustedProxies {
  if (/^\d+$/.test(text)) {
    const hops = Number(text);
    if (hops >= 1 && hops <= MOST_PROXIES) return hops;
    throw new UsageError(`--trust-proxy as a number must be between 1 and ${MOST_PROXIES} proxies; got ${text}`);
  }
  const list = new BlockList();
  for (const entry of text.split(',').flatMap((one) => NAMED.get(one.trim()) ?? [one.trim()])) {
    const { address, bits, family } = parseNetwork(entry);
    list.addSubnet(address, bits, family);
  }
  return list;
}

function parseNetwork(entry: string) {
  const [address = '', given, ...more] = entry.split('/');
  const family = familyOf(address);
  if (family === undefined || more.length > 0) {
    const names = [...NAMED.keys()].join(', ');
    throw new UsageError(
      `--trust-proxy must be a number of proxies, or addresses and networks such as 192.0.2.7,10.0.0.0/8, or of ${names}; got ${entry === '' ? 'nothing' : entry}`,
    );
  }
  const bits = given === undefined ? BITS[family] : /^\d{1,3}$/.test(given) ? Number(given) : 0;
  // A network of 0 bits would be everybody, who could then claim any address.
  if (bits < 1 || bits > BITS[family]) {
    throw new UsageError(`--trust-proxy: a network of ${address} has 1 to ${BITS[family]} bits; got ${entry}`);
  }
  return { address, bits, family };
}

/** Whether a connection from there is a trusted proxy's. With a number of proxies, every connection is. */
export const isTrustedProxy = (trusted: TrustedProxies, address: string): boolean =>
  typeof trusted === 'number' ? trusted > 0 : isListed(trusted, address);

/** An IPv4 address in IPv6-mapped form is found in either form. */
export function isListed(list: BlockList, address: string): boolean {
  const bare = address.split('%')[0] ?? '';
  const family = familyOf(bare);
  return family !== undefined && list.check(bare, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)];
}
