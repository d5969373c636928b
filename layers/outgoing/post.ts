/**
 * A POST to a URL that a user chose. The name is resolved once, every address is checked, and the connection is made to
 * one of exactly those, so that a name that leads elsewhere a moment later changes nothing. Redirects are not followed,
 * and the response is read only in part and only for so long.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import {
  addressesOf,
  type ConnectOptions,
  describe,
  flat,
  MAX_HEADER_BYTES,
  NoResponseError,
  pinnedTo,
  unlessAborted,
} from './connect.ts';
import { urlFault } from './url.ts';

export { NoResponseError } from './connect.ts';

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

/** Throws `NoResponseError`. */
export type Post = (request: PostRequest) => Promise<PostResponse>;

export interface PostOptions extends ConnectOptions {
  /** Of the whole exchange, in milliseconds, from resolving the name to the end of the response. */
  readonly timeoutMs: number;
  /** How much of the response's body is read. */
  readonly responseBytes: number;
  /** Certificates to trust, in PEM. Default: the well-known authorities'. */
  readonly ca?: string;
}

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
