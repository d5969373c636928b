/**
 * The caller's address behind reverse proxies. Each proxy appends the address from which it was called to
 * `X-Forwarded-For`. Whatever is further to the left may be made up by the caller. So the header is read from the right,
 * and only as far as the proxies are trusted:
 *
 *     caller ── proxy A ── proxy B ── this host      X-Forwarded-For: made up, caller, A      socket: B
 *
 * Reading ends at an entry that is not an address: the one before it counts, which is a proxy's. If the number of proxies
 * is given and the header has fewer entries, the request came another way, and the socket's address counts. Many callers
 * may share such an address, but none can choose it.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isListed, type TrustedProxies } from './trusted-proxies.ts';

export interface Origin {
  readonly address: string;
  /** The number of trusted proxies on the way. */
  readonly proxies: number;
}

export const clientAddress = (request: IncomingMessage, trusted: TrustedProxies): string =>
  trusted === 0 ? (request.socket.remoteAddress ?? '') : originOf(request, trusted).address;

export function originOf(request: IncomingMessage, trusted: TrustedProxies): Origin {
  const nearest = { address: request.socket.remoteAddress ?? '', proxies: 0 };
  if (trusted === 0) return nearest;
  // From the nearest to the farthest.
  const reported = forwardedValues(request, 'x-forwarded-for').toReversed().map(addressOf);
  if (typeof trusted === 'number') {
    const vouched = reported.slice(0, trusted).filter((address) => address !== undefined);
    const address = vouched[trusted - 1];
    return address === undefined ? nearest : { address, proxies: trusted };
  }
  let { address, proxies } = nearest;
  for (const next of reported) {
    if (next === undefined || !isListed(trusted, address)) break;
    address = next;
    proxies += 1;
  }
  return { address, proxies };
}

/** The values of a header to which each proxy may append one, from left to right; several lines are one list. */
export function forwardedValues({ headers }: IncomingMessage, name: `x-forwarded-${string}`): readonly string[] {
  const text = headers[name]?.toString() ?? '';
  return text === '' ? [] : text.split(',').map((value) => value.trim());
}

/** Some proxies add the caller's port, and then brackets around an IPv6 address. */
function addressOf(entry: string): string | undefined {
  if (isIP(entry) !== 0) return entry;
  const address = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(entry)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(entry)?.[1];
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
