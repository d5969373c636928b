import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientAddress } from './client-address.ts';
import type { ConcurrencyScope } from './concurrency-limit.ts';
import { limitResponseText } from './limit-response.ts';
import type { SharedLimits } from './shared-limits.ts';
import { isTrustedProxy, type TrustedProxies } from './trusted-proxies.ts';

interface Connection {
  /** One for each request without a complete response: releases its slot. Clients may pipeline requests. */
  readonly pending: Set<() => void>;
  last: IncomingMessage | undefined;
  lingering: boolean;
}

/** The connections of a server: limits how many there are, and how many requests they carry, and closes them. */
export class Connections {
  readonly #shared: SharedLimits;
  readonly #trusted: TrustedProxies;
  readonly #open = new Map<Socket, Connection>();
  #closing = false;

  constructor(server: Server, shared: SharedLimits, trusted: TrustedProxies) {
    this.#shared = shared;
    this.#trusted = trusted;
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /**
   * Counts a request until its response is complete, or returns the limit that is exceeded. `closed`: this side of the
   * connection is closed already, so that no response can be sent.
   */
  track(request: IncomingMessage, response: ServerResponse): 'tracked' | 'closed' | ConcurrencyScope {
    const { socket } = request;
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.lingering) return 'closed';
    connection.last = request;
    const release = this.#shared.requests.acquire(clientAddress(request, this.#trusted));
    if (typeof release !== 'function') return release;
    connection.pending.add(release);
    // It closes once.
    response.on('close', () => {
      if (connection.pending.delete(release)) release();
      if (this.#closing && connection.pending.size === 0) socket.destroySoon();
    });
    return 'tracked';
  }

  /** Closes connections without a pending request at once, the others after the response. */
  close(): void {
    this.#closing = true;
    for (const [socket, { pending }] of this.#open) if (pending.size === 0) socket.destroy();
  }

  #accept(socket: Socket): void {
    const connection: Connection = { pending: new Set(), last: undefined, lingering: false };
    const address = socket.remoteAddress ?? '';
    // A trusted proxy has connections of many clients; its requests are limited by their clients' addresses.
    const release = this.#shared.connections.acquire(isTrustedProxy(this.#trusted, address) ? undefined : address);
    this.#open.set(socket, connection);
    socket.once('close', () => {
      this.#open.delete(socket);
      for (const each of connection.pending) each();
      connection.pending.clear();
      if (typeof release === 'function') release();
    });
    // Node.js calls this after the last response on a connection.
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (this.#closing || connection.last?.complete !== false) destroySoon();
      else this.#linger(socket, connection);
    };
    if (typeof release === 'function') return;
    socket.write(limitResponseText(release));
    this.#linger(socket, connection);
  }

  /**
   * Closes this side of the connection and discards what the client still sends. Closing both sides while bytes are in
   * transit would reset the connection, and the client might not see the response (RFC 9112, section 9.6).
   */
  #linger(socket: Socket, connection: Connection): void {
    if (connection.lingering || socket.destroyed) return;
    connection.lingering = true;
    socket.end();
    connection.last?.resume();
    const { lingerSeconds, lingerIdleSeconds } = this.#shared.limits;
    const until = performance.now() + lingerSeconds * 1000;
    let read = socket.bytesRead;
    const timer = setInterval(() => {
      if (socket.bytesRead === read || performance.now() >= until) socket.destroy();
      read = socket.bytesRead;
    }, lingerIdleSeconds * 1000);
    connection.last?.once('end', () => socket.destroy());
    socket.once('close', () => clearInterval(timer));
  }
}
