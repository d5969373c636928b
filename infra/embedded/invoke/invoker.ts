import { randomUUID } from 'node:crypto';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import type { EmbeddedOptions } from '#embedded/adapters.ts';
import { type FunctionName, functions } from '../../topology.ts';
import type { ResponseStream } from '../gateway/response-stream.ts';
import { type LogTarget, makeLogger } from '../logger.ts';
import { makeContext } from './context.ts';
import { type Handler, loadHandler } from './load.ts';
import { WorkerPool } from './pool.ts';

export interface InvokerOptions {
  readonly adapters: Adapters;
  /** The options with which a worker thread opens its own adapters. */
  readonly embedded: EmbeddedOptions;
  readonly settings: Settings;
  readonly log: LogTarget;
}

/** Invokes the topology's functions: CPU-bound ones in worker threads, the others in this thread. */
export class Invoker {
  readonly #options: InvokerOptions;
  readonly #handlers = new Map<FunctionName, Promise<Handler>>();
  readonly #pools = new Map<FunctionName, WorkerPool>();

  constructor(options: InvokerOptions) {
    this.#options = options;
  }

  /** Loads a function before its first call. */
  async warm(name: FunctionName): Promise<void> {
    await this.#handler(name);
  }

  /** Invokes a function. Rejects if it throws or exceeds its time limit. */
  async invoke(name: FunctionName, event: unknown, requestId: string = randomUUID()): Promise<unknown> {
    const milliseconds = functions[name].timeoutSeconds * 1000;
    const deadline = Date.now() + milliseconds;
    if (functions[name].computes) return this.#pool(name).call({ event, requestId, deadline }, milliseconds);
    const handler = await this.#handler(name);
    return within(milliseconds, name, handler(event, makeContext(name, requestId, deadline)));
  }

  /** Invokes a function that streams its response. */
  async stream(name: FunctionName, event: unknown, stream: ResponseStream, requestId: string): Promise<void> {
    const milliseconds = functions[name].timeoutSeconds * 1000;
    const handler = await this.#handler(name);
    await within(milliseconds, name, handler(event, stream, makeContext(name, requestId, Date.now() + milliseconds)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #handler(name: FunctionName): Promise<Handler> {
    const known = this.#handlers.get(name);
    if (known) return known;
    const { adapters, settings, log } = this.#options;
    const loading = loadHandler(name, adapters, { settings, logger: makeLogger(name, log) });
    this.#handlers.set(name, loading);
    return loading;
  }

  #pool(name: FunctionName): WorkerPool {
    const known = this.#pools.get(name);
    if (known) return known;
    const { embedded, settings, log } = this.#options;
    const pool = new WorkerPool({ name, embedded, settings, log });
    this.#pools.set(name, pool);
    return pool;
  }
}

async function within<T>(milliseconds: number, name: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
