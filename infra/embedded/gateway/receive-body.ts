import type { IncomingMessage } from 'node:http';
import { RequestTimeoutError } from '#domain/errors.ts';

/** The required progress: so many bytes within so many seconds. */
export interface Progress {
  readonly seconds: number;
  readonly bytes: number;
}

/** What is received ahead of whoever reads. */
const AHEAD_BYTES = 262_144;

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
  const arrivals = new Arrivals(request, signal);
  try {
    for (;;) {
      signal.throwIfAborted();
      const chunk = arrivals.take();
      if (chunk !== undefined) {
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
        if (!(await arrivals.next(milliseconds))) throw new RequestTimeoutError(seconds);
        milliseconds -= performance.now() - began;
      }
    }
  } finally {
    arrivals.stop();
  }
}

const ENDS = ['end', 'close'] as const;

/**
 * What a request brings, and its end, or the signal. It listens all the time: a body of megabytes changes thousands of
 * times. Chunks are taken as they come: `read` would join them, and leave the originals to the garbage collection.
 */
class Arrivals {
  readonly #request: IncomingMessage;
  readonly #signal: AbortSignal;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #changed = () => this.#settle(true);
  readonly #arrived = (chunk: Buffer) => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= AHEAD_BYTES) this.#request.pause();
    this.#settle(true);
  };
  #settle: (changed: boolean) => void = () => {};

  constructor(request: IncomingMessage, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    for (const event of ENDS) request.on(event, this.#changed);
    request.on('data', this.#arrived);
    signal.addEventListener('abort', this.#changed);
  }

  take(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    if (this.#chunks.length === 0 && this.#request.isPaused()) this.#request.resume();
    return chunk;
  }

  /** Resolves with true on the next change, with false after the given time. */
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
    for (const event of ENDS) this.#request.off(event, this.#changed);
    this.#request.off('data', this.#arrived);
    this.#signal.removeEventListener('abort', this.#changed);
    // What comes now waits for whoever discards it.
    this.#request.pause();
  }
}
