import { isIPv6 } from 'node:net';

/**
 * The rate-limit bucket of a client's address: an IPv4 address itself, also in IPv6-mapped form; of an IPv6 address the
 * /64 network, because a client usually has a whole one.
 */
export function addressBucket(address: string): string {
  if (address !== last.address) last = { address, bucket: bucketOf(address) };
  return last.bucket;
}

/** Most requests come from where the one before came from. */
let last = { address: '', bucket: '' };

function bucketOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare)) return address;
  const [before = '', after = ''] = bare.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === '' ? [] : after.split(':');
  const zeros = bare.includes('::') ? Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0') : [];
  const groups = [...head, ...zeros, ...tail].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(':')}::/64`;
}
