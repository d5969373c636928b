/**
 * Recognises requests of the operator: those with one of the operator's API keys, and those that can only come from a
 * program on this machine. Requests of other sites' pages in a browser are not, and neither are those of a proxy, nor
 * deliveries of webhooks, whose addresses any user may choose.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { OperatorAuthorizer } from '#domain/accounts/operator.ts';

export interface OperatorOptions {
  /** The operator's API keys. */
  readonly apiKeys: readonly string[];
  /** The address that the host is bound to. */
  readonly host: string;
  /** Whether a proxy is in front of the host: then all requests come from its address. */
  readonly behindProxy: boolean;
  /** The id of the operator's account, which is made if there is none: only for a call that needs it. */
  readonly account: () => Promise<string>;
}

/** Headers that proxies add. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/** A header that each delivery of a webhook has, those of other hosts on this machine, too. */
const DELIVERY = ['webhook-id'];

const LOOPBACK_NAME = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;

/**
 * The counterpart of an API Gateway authorizer: its result becomes part of the event.
 * @param anonymous of the surface: what lies at or below these paths may be called without credentials
 */
export type Authorize = (
  request: IncomingMessage,
  anonymous: readonly string[],
) => Promise<OperatorAuthorizer> | undefined;

export function operatorAuthorizer(options: OperatorOptions): Authorize {
  const known = options.apiKeys.map(sha256);
  const open = LOOPBACK_ADDRESS.test(options.host) || options.host === 'localhost';
  const isKnown = (key: string | undefined) =>
    key !== undefined && known.some((hash) => timingSafeEqual(hash, sha256(key)));
  const authorized = async (by: OperatorAuthorizer['by']): Promise<OperatorAuthorizer> => ({
    principalId: 'operator',
    accountId: await options.account(),
    by,
  });
  return (request, anonymous) => {
    if (known.length > 0 && isKnown(keyOf(request))) return authorized('key');
    const byPlace =
      open && !options.behindProxy && !presents(request) && isBelow(anonymous, request.url) && isOfThisMachine(request);
    return byPlace ? authorized('loopback') : undefined;
  };
}

/** Whether the request has credentials: then these decide, and no account is made for it. */
const presents = ({ headers }: IncomingMessage): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

function isBelow(bases: readonly string[], url = ''): boolean {
  const path = url.split('?', 1)[0]!;
  return bases.some((base) => path === base || path.startsWith(`${base}/`));
}

function isOfThisMachine({ headers, socket }: IncomingMessage): boolean {
  const { host, origin } = headers;
  if (host === undefined || !LOOPBACK_NAME.test(host) || !LOOPBACK_ADDRESS.test(socket.remoteAddress ?? ''))
    return false;
  if ([...FORWARDING, ...DELIVERY].some((name) => headers[name] !== undefined)) return false;
  // Browsers send the origin of the page, or for a navigation only whether the link was another site's.
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
