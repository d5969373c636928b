import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Call {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as JSON where it is no text and no bytes. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  /** Read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, of which each test looks at a few fields
  readonly body: any;
}

/** Who calls from one address of this machine, and trusts one authority. */
export class Caller {
  readonly #localAddress: string;
  readonly #authority: string;
  token: string | undefined;

  constructor(localAddress: string, authority: string) {
    this.#localAddress = localAddress;
    this.#authority = authority;
  }

  /** A request whose body is to be sent; the name in the URL is that of this machine. */
  open(url: string, { method = 'GET', headers = {} }: Call = {}): ClientRequest {
    const { hostname, port, pathname, search, host } = new URL(url);
    return request({
      method,
      host: '127.0.0.1',
      port,
      path: `${pathname}${search}`,
      servername: hostname,
      headers: { host, ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }), ...headers },
      localAddress: this.#localAddress,
      ca: this.#authority,
      agent: false,
    });
  }

  /** A request over HTTP/2; resolves with its answer, read as JSON. */
  async callHttp2(url: string, body: unknown): Promise<unknown> {
    const { hostname, port, pathname, origin } = new URL(url);
    const session = connectHttp2(origin, {
      createConnection: () =>
        connectTls({
          socket: connectTcp({ host: '127.0.0.1', port: Number(port), localAddress: this.#localAddress }),
          servername: hostname,
          ca: this.#authority,
          ALPNProtocols: ['h2'],
        }),
    });
    const stream = session.request({
      ':method': 'POST',
      ':path': pathname,
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
    });
    stream.end(JSON.stringify(body));
    const text = (await stream.toArray()).join('');
    session.close();
    return JSON.parse(text);
  }

  async call(url: string, { body, ...call }: Call = {}): Promise<Answer> {
    const bytes = typeof body === 'string' || body instanceof Uint8Array;
    const content = Buffer.from(bytes ? body : body === undefined ? '' : JSON.stringify(body));
    const type = body === undefined || bytes ? {} : { 'content-type': 'application/json' };
    const outgoing = this.open(url, {
      ...(body === undefined ? {} : { method: 'POST' }),
      ...call,
      headers: { ...type, 'content-length': content.length, ...call.headers },
    });
    outgoing.end(content);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const received = Buffer.concat((await response.toArray()) as Buffer[]);
    const isJson = response.headers['content-type']?.startsWith('application/json');
    return {
      status: response.statusCode!,
      headers: response.headers,
      bytes: received,
      body: isJson ? JSON.parse(received.toString()) : undefined,
    };
  }
}
