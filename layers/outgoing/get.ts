/**
 * A GET whose response is read as a stream, such as a large file of a hub. Redirects are followed, and each of them is
 * checked like the first URL; credentials are sent to the first origin only.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import {
  addressesOf,
  type ConnectOptions,
  describe,
  flat,
  MAX_HEADER_BYTES,
  NoResponseError,
  pinnedTo,
} from './connect.ts';
import { urlFault } from './url.ts';

export interface GetRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Value of the header `Authorization`. */
  readonly authorization?: string | undefined;
}

export interface GetResponse {
  readonly status: number;
  /** By lower-case name; those that are repeated are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** Throws `NoResponseError` if the connection breaks, or nothing comes for too long. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Where redirects led to. */
  readonly url: string;
}

/** Throws `NoResponseError`. Read the body to its end, or `return()` its iterator. */
export type Get = (request: GetRequest) => Promise<GetResponse>;

export interface GetOptions extends ConnectOptions {
  /** Without a byte for so long, in milliseconds, the exchange ends. */
  readonly idleMs: number;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export const makeGet =
  (options: GetOptions): Get =>
  async ({ url: first, headers = {}, authorization }) => {
    let url = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const isOwn = new URL(url).origin === new URL(first).origin;
      const sent = { ...headers, ...(isOwn && authorization !== undefined ? { authorization } : {}) };
      const response = await exchange(url, sent, options);
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if (!REDIRECTS.includes(status) || location === undefined) {
        return { status, headers: flat(response.headers), body: chunksOf(response, options), url };
      }
      response.destroy();
      if (!URL.canParse(location, url)) throw new NoResponseError('it redirects to something that is no URL');
      url = new URL(location, url).href;
    }
    throw new NoResponseError(`it redirects more than ${MAX_REDIRECTS} times`);
  };

async function exchange(
  text: string,
  headers: Readonly<Record<string, string>>,
  options: GetOptions,
): Promise<IncomingMessage> {
  const fault = urlFault(text, options.rules);
  if (fault !== undefined) throw new NoResponseError(`the URL ${fault}`);
  const url = new URL(text);
  const addresses = await addressesOf(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'GET',
    headers,
    agent: false,
    lookup: pinnedTo(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    rejectUnauthorized: true,
  });
  request.setTimeout(options.idleMs, () => request.destroy(new NoResponseError(idle(options))));
  request.on('error', (error: NodeJS.ErrnoException) => {
    reject(error instanceof NoResponseError ? error : new NoResponseError(describe(error)));
  });
  request.on('response', resolve);
  request.end();
  return promise;
}

const idle = ({ idleMs }: GetOptions): string => `nothing was received for ${idleMs / 1000} s`;

async function* chunksOf(response: IncomingMessage, options: GetOptions): AsyncGenerator<Uint8Array> {
  let timedOut = false;
  response.setTimeout(options.idleMs, () => {
    timedOut = true;
    response.destroy();
  });
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new NoResponseError(timedOut ? idle(options) : describe(error as NodeJS.ErrnoException));
  } finally {
    response.destroy();
  }
}
