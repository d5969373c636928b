import type { IncomingMessage } from 'node:http';
import { RequestTimeoutError } from '#domain/errors.ts';

/** The required progress: so many bytes within so many seconds. */
export interface Progress {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Reads a request's body as it is received. The total time is not limited, but the body has to make progress; only time
 * spent waiting for the client counts. The request stays open, so that it can be answered. Throws `RequestTimeoutError`
 * if the body makes too little progress, the signal's reason, and an `Error` if the client disconnects.
 */
export async function* receiveBody(
  request: IncomingMessage,
  { seconds, bytes }: Progress,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let milliseconds = seconds * 1000;
  let progress = 0;
  for (;;) {
    signal.throwIfAborted();
    const chunk: Buffer | null = request.read();
    if (chunk !== null) {
      progress += chunk.length;
      if (progress >= bytes) {
        progress = 0;
        milliseconds = seconds * 1000;
      }
      yield chunk;
    } else if (request.readableEnded) {
      return;
    } else if (request.destroyed) {
      throw new Error('the client closed the connection');
    } else {
      const began = performance.now();
      if (!(await changes(request, signal, milliseconds))) throw new RequestTimeoutError(seconds);
      milliseconds -= performance.now() - began;
    }
  }
}

/** Resolves with true on the next event of the request or the signal, with false after the given time. */
function changes(request: IncomingMessage, signal: AbortSignal, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(false), milliseconds);
    const changed = () => settle(true);
    function settle(result: boolean): void {
      clearTimeout(timer);
      for (const event of EVENTS) request.off(event, changed);
      signal.removeEventListener('abort', changed);
      resolve(result);
    }
    for (const event of EVENTS) request.on(event, changed);
    signal.addEventListener('abort', changed);
  });
}

const EVENTS = ['readable', 'end', 'close'] as const;
