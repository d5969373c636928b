/**
 * How a host passes a request's body to a surface that asks for it. API Gateway instead reads the body before it invokes
 * the function and puts it into the event.
 */
import type { Awaitable } from './awaitable.ts';

/** The bytes of a body that has been received completely, in memory or elsewhere. */
export interface Content {
  readonly size: number;
  /** All bytes at once; for bodies that are known to be small. */
  bytes(): Awaitable<Uint8Array>;
  /** The bytes in chunks, from the first byte on. May be called more than once. */
  read(): AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly maxBytes: number;
  /** Whose limit the bytes count against, such as `account#ID` or `address#192.0.2.1`. */
  readonly client: string;
}

/** The result of reading a body. */
export type Received =
  | { readonly kind: 'complete'; readonly content: Content }
  /** `bytes` had been received when the limit was exceeded. */
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** The client stopped sending. */
  | { readonly kind: 'stalled'; readonly seconds: number }
  /** The client closed the connection. */
  | { readonly kind: 'disconnected' }
  /** This client's bodies, or those of all clients, take as much space as the host allows. */
  | { readonly kind: 'overLimit'; readonly scope: 'client' | 'host' }
  /** The host's disk has no room for it. */
  | { readonly kind: 'diskFull'; readonly freeBytes: number }
  | { readonly kind: 'stopping' };

/**
 * A body that the host has not read yet. The surface asks for it after it has matched the route and admitted the caller,
 * so that the host receives no bytes of a request that is refused.
 */
export interface RequestBody {
  /** `undefined` if the client has not sent a Content-Length. */
  readonly contentLength: number | undefined;
  read(options: ReadOptions): Awaitable<Received>;
  /** The bytes of a small body that came with the head of the request, so that nothing has to wait for them. */
  arrived?(): Uint8Array | undefined;
}

export const contentOf = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  bytes: () => bytes,
  async *read() {
    if (bytes.length > 0) yield bytes;
  },
});

/** What reading a body results in whose bytes are all there. */
export const receivedOf = (bytes: Uint8Array, maxBytes: number): Received =>
  bytes.length > maxBytes ? { kind: 'tooLarge', bytes: bytes.length } : { kind: 'complete', content: contentOf(bytes) };
