/** A receiver of webhooks on this machine, which answers as a test says and remembers what it got. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = RequestListener;

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end(body);

export class Receiver {
  readonly received: Received[] = [];
  /** Answers of the next requests, one each; then `otherwise`. */
  next: Answer[] = [];
  otherwise: Answer = status(200);
  readonly #host: string;
  #port = 0;
  #server: Server | undefined;

  constructor(host = '127.0.0.1') {
    this.#host = host;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}/hook`;
  }

  /** The first time on a free port, then on the same again. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url: path = '', headers } = request;
        this.received.push({ method, path, headers, body });
        (this.next.shift() ?? this.otherwise)(request, response);
      });
    });
    await once(this.#server.listen(this.#port, this.#host), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    const closed = this.#server && once(this.#server, 'close');
    this.#server?.close();
    await closed;
    this.#server = undefined;
  }

  /** Its header of each request. */
  each(header: string): unknown[] {
    return this.received.map(({ headers }) => headers[header]);
  }
}
