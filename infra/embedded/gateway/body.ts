import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Over the limit; `bytes` is the announced size, or what was read until the limit was exceeded. */
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** The client disconnected. */
  | { readonly kind: 'cut' };

/** Reads a request's body up to a limit. What exceeds it is never buffered. */
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
 * Lets the client finish sending a body that is not read, so that it sees the response; a client that sends more than
 * `maxBytes` on top is disconnected.
 */
export function discardRest(request: IncomingMessage, maxBytes: number): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) request.destroy();
  });
  request.on('error', () => {});
}
