/** How much of the host one client may use, so that no client can keep the others out. */
export interface GatewayLimits {
  /** Concurrent connections, and concurrent requests, of one address. */
  readonly connectionsPerAddress: number;
  /** Concurrent connections of all surfaces together. */
  readonly connections: number;
  /** A body times out if fewer than `progressBytes` of it are received within so many seconds. */
  readonly bodySeconds: number;
  readonly progressBytes: number;
  /** Bytes of bodies that one account, or one address without an account, may have on the host at once. */
  readonly clientBytes: number;
  /** The same for all clients together. */
  readonly totalBytes: number;
  /** Bytes of each body that are kept in memory; a larger body is written to a file. */
  readonly memoryBytes: number;
  /** After a response, how long the client may keep sending a body that is not read, so that it sees the response. */
  readonly lingerSeconds: number;
  /** The connection is closed earlier if nothing is received for so many seconds. */
  readonly lingerIdleSeconds: number;
  /** When the host closes, how long it waits for bodies that are being received. */
  readonly closeSeconds: number;
}

export const CONNECTIONS_PER_ADDRESS = 256;
export const BODY_SECONDS = 30;

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** How many bodies of the largest size one client, and all clients together, may have on the host. */
const CLIENT_BODIES = 8;
const TOTAL_BODIES = 32;

/** @param largestBody the most bytes that any route accepts */
export const defaultLimits = (largestBody: number): GatewayLimits => ({
  connectionsPerAddress: CONNECTIONS_PER_ADDRESS,
  connections: 2048,
  bodySeconds: BODY_SECONDS,
  progressBytes: 16 * KIBIBYTE,
  clientBytes: CLIENT_BODIES * Math.max(largestBody, 16 * MEBIBYTE),
  totalBytes: TOTAL_BODIES * Math.max(largestBody, 16 * MEBIBYTE),
  memoryBytes: 64 * KIBIBYTE,
  lingerSeconds: 30,
  lingerIdleSeconds: 5,
  closeSeconds: 5,
});
