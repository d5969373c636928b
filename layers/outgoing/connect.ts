/** Where a request of ours is sent: the addresses of a name, all of them checked, and what goes wrong on the way. */
import { isIPv6, type LookupFunction } from 'node:net';
import { type AddressRules, isAddress, isLoopback, refusal } from './addresses.ts';
import { resolveName } from './resolve.ts';
import { hostOf } from './url.ts';

/** There was no response. The message is for the user who chose the URL. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';
}

export interface ConnectOptions {
  readonly rules: AddressRules;
  /** All addresses of a name. Default: asks the name servers. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/** Of the response's header, in bytes. */
export const MAX_HEADER_BYTES = 16_384;

/** The addresses to connect to, all of them checked. Which address was refused is not said: it may be a secret. */
export async function addressesOf(
  url: URL,
  { rules, resolve = resolveName }: ConnectOptions,
): Promise<readonly string[]> {
  const host = hostOf(url);
  const addresses = isAddress(host) ? [host] : await resolve(host).catch(unresolved);
  if (addresses.length === 0) throw new NoResponseError('the name has no address');
  for (const address of addresses) {
    const refused = refusal(address, rules);
    if (refused !== undefined) throw new NoResponseError(`the name leads to an address that is not public: ${refused}`);
  }
  if (url.protocol === 'http:' && !addresses.every(isLoopback)) {
    throw new NoResponseError('http is only for loopback addresses');
  }
  return addresses;
}

function unresolved(): never {
  throw new NoResponseError('the name cannot be resolved');
}

/** A resolver that knows only these addresses. */
export const pinnedTo =
  (addresses: readonly string[]): LookupFunction =>
  (_name, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    if (options.all) callback(null, all);
    else callback(null, all[0]!.address, all[0]!.family);
  };

export const flat = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );

export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return Promise.race([work, promise]);
}

/** What went wrong, without addresses. */
export function describe(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.name;
  return WELL_KNOWN[code] ?? `the request failed: ${code}`;
}

const WELL_KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed without a response',
};
