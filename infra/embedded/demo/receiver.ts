/** A receiver of webhooks, as anyone might write one: it checks the signature and remembers the events. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class Receiver {
  /** Assign it once it is known. */
  secret = '';
  readonly #server: Server;
  readonly #waiting: ((event: ReceivedEvent) => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const isGenuine = isSigned(request.headers, body, this.secret);
        response.writeHead(isGenuine ? 204 : 401).end();
        if (isGenuine) for (const resolve of this.#waiting.splice(0)) resolve(JSON.parse(body) as ReceivedEvent);
      });
    });
  }

  /** On a free port of this machine. */
  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await once(receiver.#server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/trainyard`;
  }

  /** The next event with a valid signature. */
  next(): Promise<ReceivedEvent> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function isSigned(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return String(signatures)
    .split(' ')
    .map((one) => Buffer.from(one))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}
