/**
 * A POST to a URL that a user chose. The name is resolved once, every address is checked, and the connection is made to
 * one of exactly those, so that a name that leads elsewhere a moment later changes nothing. Redirects are not followed,
 * and the response is read only in part and only for so long.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { type AddressRules, isLoopback, refusal } from './addresses.ts';
import { resolveName } from './resolve.ts';
import { hostOf, isAddress, urlFault } from './url.ts';

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PostResponse {
  readonly status: number;
  /** By lower-case name; those that are repeated are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first bytes. */
  readonly body: string;
}

/** There was no response. The message is for the user who chose the URL. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';
}

/** Throws `NoResponseError`. */
export type Post = (request: PostRequest) => Promise<PostResponse>;

export interface PostOptions {
  readonly rules: AddressRules;
  /** Of the whole exchange, in milliseconds, from resolving the name to the end of the response. */
  readonly timeoutMs: number;
  /** How much of the response's body is read. */
  readonly responseBytes: number;
  /** All addresses of a name. Default: asks the name servers. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  /** Certificates to trust, in PEM. Default: the well-known authorities'. */
  readonly ca?: string;
}

/** Of the response's header, in bytes. */
const MAX_HEADER_BYTES = 16_384;

export function makePost(options: PostOptions): Post {
  const { rules, timeoutMs } = options;
  return async (request) => {
    const fault = urlFault(request.url, rules);
    if (fault !== undefined) throw new NoResponseError(`the URL ${fault}`);
    const url = new URL(request.url);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const addresses = await unlessAborted(signal, addressesOf(url, options));
      return await exchange(url, addresses, request, signal, options);
    } catch (error) {
      if (error instanceof NoResponseError) throw error;
      if (signal.aborted) throw new NoResponseError(`no response within ${timeoutMs / 1000} s`);
      throw new NoResponseError(describe(error as NodeJS.ErrnoException));
    }
  };
}

/** The addresses to connect to, all of them checked. Which address was refused is not said: it may be a secret. */
async function addressesOf(url: URL, { rules, resolve = resolveName }: PostOptions): Promise<readonly string[]> {
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

function exchange(
  url: URL,
  addresses: readonly string[],
  { headers, body }: PostRequest,
  signal: AbortSignal,
  { responseBytes, ca }: PostOptions,
): Promise<PostResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<PostResponse>();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // A connection of its own, closed afterwards.
    agent: false,
    lookup: pinnedTo(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    rejectUnauthorized: true,
    signal,
    ...(ca === undefined ? {} : { ca }),
  });
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // The status was received, so this is a response, even if the rest of it never comes.
    const finish = (): void => {
      const text = Buffer.concat(chunks).subarray(0, responseBytes).toString('utf8');
      resolve({ status: response.statusCode ?? 0, headers: flat(response.headers), body: text });
      request.destroy();
    };
    request.off('error', reject).on('error', finish);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= responseBytes) finish();
    });
    response.on('end', finish);
    response.on('error', finish);
    response.on('close', finish);
  });
  request.end(body);
  return promise;
}

/** A resolver that knows only these addresses. */
const pinnedTo =
  (addresses: readonly string[]): LookupFunction =>
  (_name, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    if (options.all) callback(null, all);
    else callback(null, all[0]!.address, all[0]!.family);
  };

const flat = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return Promise.race([work, promise]);
}

/** What went wrong, without addresses. */
function describe(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.name;
  return WELL_KNOWN[code] ?? `the request failed: ${code}`;
}

const WELL_KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed without a response',
};
