/**
 * Which requests are the operator's: those with one of the operator's API keys, and those that can only come from a
 * program on this machine. A page of somebody else's that is open in a browser here is none; nor is what a proxy passes on.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { OperatorAuthorizer } from '#domain/accounts/operator.ts';

export interface OperatorOptions {
  /** The operator's API keys. */
  readonly apiKeys: readonly string[];
  /** The address that the host is bound to. */
  readonly host: string;
  /** Whether the host stands behind a proxy: then every call comes from its machine. */
  readonly behindProxy: boolean;
  /** What lies at or below these paths may be called without credentials. */
  readonly anonymous: readonly string[];
  /** The id of the operator's account, which is made if there is none: only for a call that needs it. */
  readonly account: () => Promise<string>;
}

/** Header fields by which a proxy says that it passes something on. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

const LOOPBACK_NAME = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;

/** Makes what an authorizer of API Gateway would be: what it resolves with goes along with the request. */
export function operatorAuthorizer(
  options: OperatorOptions,
): (request: IncomingMessage) => Promise<OperatorAuthorizer | undefined> {
  const known = options.apiKeys.map(sha256);
  const open = LOOPBACK_ADDRESS.test(options.host) || options.host === 'localhost';
  return async (request) => {
    const key = keyOf(request);
    const byKey = key !== undefined && known.some((hash) => timingSafeEqual(hash, sha256(key)));
    const byPlace = open && !options.behindProxy && isBelow(options.anonymous, request.url) && isOfThisMachine(request);
    if (!byKey && !byPlace) return undefined;
    return { principalId: 'operator', accountId: await options.account(), by: byKey ? 'key' : 'loopback' };
  };
}

function isBelow(bases: readonly string[], url = ''): boolean {
  const path = url.split('?', 1)[0]!;
  return bases.some((base) => path === base || path.startsWith(`${base}/`));
}

function isOfThisMachine({ headers, socket }: IncomingMessage): boolean {
  const { host, origin } = headers;
  if (host === undefined || !LOOPBACK_NAME.test(host) || !LOOPBACK_ADDRESS.test(socket.remoteAddress ?? ''))
    return false;
  if (FORWARDING.some((name) => headers[name] !== undefined)) return false;
  // A browser says where a page is from that calls; one that was navigated to says only that it is another site's link.
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function keyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string') return key;
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
