import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** More than the bound; `bytes` is what was announced, or read until it was known. */
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** The client went away. */
  | { readonly kind: 'cut' };

/** Reads a request's body up to a bound. What lies beyond it is never held in memory. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return { kind: 'tooLarge', bytes: announced };
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > maxBytes) return { kind: 'tooLarge', bytes };
      chunks.push(chunk);
    }
  } catch {
    return { kind: 'cut' };
  }
  return { kind: 'whole', bytes: Buffer.concat(chunks, bytes) };
}

/**
 * Lets the client finish sending what nobody will read, so that it gets to see the answer, but not for ever: a client
 * that sends more than `maxBytes` on top is cut off.
 */
export function discardRest(request: IncomingMessage, maxBytes: number): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) request.destroy();
  });
  request.on('error', () => {});
}
