/** A connection on which a test decides what is sent, and when. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class Connection {
  readonly socket: Socket;
  #text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
    });
    // Tests check what was received before a reset.
    socket.on('error', () => {});
  }

  static async open(base: string): Promise<Connection> {
    const socket = connect({ port: Number(new URL(base).port), host: '127.0.0.1', allowHalfOpen: true });
    const connection = new Connection(socket);
    await once(socket, 'connect');
    return connection;
  }

  /** Opens a connection and sends. */
  static async sending(base: string, text: string | Uint8Array): Promise<Connection> {
    const connection = await Connection.open(base);
    connection.send(text);
    return connection;
  }

  /** Everything received so far. */
  get text(): string {
    return this.#text;
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Sends, and resolves once everything has left this process. */
  async sent(text: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(text, () => resolve()));
  }

  /** Resolves with everything received once it matches, or the host has closed its side. */
  async until(expected: RegExp): Promise<string> {
    while (!expected.test(this.#text) && !this.socket.readableEnded && !this.socket.destroyed) {
      await Promise.race(['data', 'end', 'close'].map((event) => once(this.socket, event)));
    }
    return this.#text;
  }

  /** Resolves with everything received once the host has closed its side. */
  async ended(): Promise<string> {
    while (!this.socket.readableEnded && !this.socket.destroyed) {
      await Promise.race(['end', 'close'].map((event) => once(this.socket, event)));
    }
    return this.#text;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** A request's head, including the empty line at its end. */
export const head = (method: string, path: string, headers: Readonly<Record<string, string | number>> = {}): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');
