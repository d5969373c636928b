/**
 * The address at which a caller reaches this host. Presigned URLs begin with it. The first of these that exists:
 *
 * 1. `--public-url`;
 * 2. the address for which a trusted proxy was asked: X-Forwarded-Proto with X-Forwarded-Host, otherwise with Host;
 * 3. the address and port of this machine to which the caller is connected.
 *
 * A Host header that does not come from a trusted proxy is not used, although only the caller who sent it gets the URL.
 * Behind a proxy that is not trusted it is a public name without a scheme. Guessing `http` would make the caller send the
 * signature and the file unencrypted. The address of the connection cannot be made up: on a LAN the caller has just
 * reached the host there, and behind such a proxy it leads nowhere.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { UsageError } from '../../command-line.ts';
import { forwardedValues, originOf } from './client-address.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** Returns the URL without a final slash. It may have a path, which the proxy removes. Throws `UsageError`. */
export function parsePublicUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--public-url must be an http or https URL, such as https://ml.example.com; got ${text}`);
  }
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--public-url must not have a name or a password');
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`--public-url must end with a path; got ${url.search || url.hash} after it`);
  }
  let base = url.href;
  while (base.endsWith('/')) base = base.slice(0, -1);
  return base;
}

/** The base URL for the caller of a request, without a final slash. */
export function baseUrlFor(request: IncomingMessage, trusted: TrustedProxies): string {
  return proxiedBase(request, trusted) ?? connectionBase(request);
}

function proxiedBase(request: IncomingMessage, trusted: TrustedProxies): string | undefined {
  if (trusted === 0) return undefined;
  const { proxies } = originOf(request, trusted);
  if (proxies === 0) return undefined;
  // The value that the outermost proxy wrote. If there are fewer, the inner proxies forwarded it without adding one.
  const outermost = (values: readonly string[]) => values.at(-proxies) ?? values[0];
  const scheme = outermost(forwardedValues(request, 'x-forwarded-proto'))?.toLowerCase();
  const host = outermost(forwardedValues(request, 'x-forwarded-host')) ?? request.headers.host ?? '';
  if (scheme === undefined || !/^https?$/.test(scheme) || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  return URL.parse(`${scheme}://${host}`)?.origin;
}

/** A connection's own stays the same. */
const connectionBases = new WeakMap<Socket, string>();

function connectionBase({ socket }: IncomingMessage): string {
  const known = connectionBases.get(socket) ?? baseOf(socket);
  connectionBases.set(socket, known);
  return known;
}

function baseOf({ localAddress = '127.0.0.1', localPort }: Socket): string {
  const [withoutZone = ''] = localAddress.split('%', 1);
  const address = /^::ffff:([\d.]+)$/i.exec(withoutZone)?.[1] ?? withoutZone;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${localPort}`;
}
