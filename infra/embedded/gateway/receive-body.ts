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
  const changes = new Changes(request, signal);
  try {
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
        if (!(await changes.next(milliseconds))) throw new RequestTimeoutError(seconds);
        milliseconds -= performance.now() - began;
      }
    }
  } finally {
    changes.stop();
  }
}

const EVENTS = ['readable', 'end', 'close'] as const;

/** Of a request and a signal. It listens all the time: a body of megabytes changes thousands of times. */
class Changes {
  readonly #request: IncomingMessage;
  readonly #signal: AbortSignal;
  readonly #changed = () => this.#settle(true);
  #settle: (changed: boolean) => void = () => {};

  constructor(request: IncomingMessage, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    for (const event of EVENTS) request.on(event, this.#changed);
    signal.addEventListener('abort', this.#changed);
  }

  /** Resolves with true on the next event, with false after the given time. */
  next(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(false), milliseconds);
      this.#settle = (changed) => {
        clearTimeout(timer);
        resolve(changed);
      };
    });
  }

  stop(): void {
    for (const event of EVENTS) this.#request.off(event, this.#changed);
    this.#signal.removeEventListener('abort', this.#changed);
  }
}
