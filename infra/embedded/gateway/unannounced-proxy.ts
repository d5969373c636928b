import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Warns once, at the first request that came through a proxy although no proxy is trusted. */
export function noticeUnannouncedProxy(
  trusted: TrustedProxies,
  warn: (message: string) => void,
): (request: IncomingMessage) => void {
  let looking = trusted === 0;
  return ({ headers }) => {
    if (!looking || headers['x-forwarded-for'] === undefined) return;
    looking = false;
    warn(
      'a request has X-Forwarded-For, but no proxy is trusted. If there is a proxy, all its callers share the limits of ' +
        'one address: see --trust-proxy in docs/reverse-proxy.md',
    );
  };
}
