import { randomUUID } from 'node:crypto';
import { type Awaitable, andThen, isPromise } from '#domain/awaitable.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ReadOptions, Received, RequestBody } from '#domain/request-body.ts';
import type { Settings } from '#domain/settings.ts';
import { type FunctionName, functions, queues } from '../../topology.ts';
import { ProxyEvent } from '../gateway/proxy-event.ts';
import type { ResponseStream } from '../gateway/response-stream.ts';
import { type LogTarget, makeLogger } from '../logger.ts';
import { makeContext } from './context.ts';
import { HeavyPredictor } from './heavy-predictor.ts';
import { type Handler, loadHandler } from './load.ts';
import type { WorkerSetup } from './messages.ts';
import { WorkerPool } from './pool.ts';
import { TimeLimit } from './time-limit.ts';

/** The part of a call that comes from an HTTP request. */
export interface Request {
  readonly requestId?: string;
  readonly body?: RequestBody;
  /** Whose request it is: nobody has all turns of a function. */
  readonly caller?: string;
}

export interface InvokerOptions {
  readonly adapters: Adapters;
  /** The options with which a worker thread opens its own adapters. */
  readonly embedded: WorkerSetup['embedded'];
  /** The beginning of URLs that are presigned during the current call. */
  readonly baseUrl: () => string;
  readonly settings: Settings;
  readonly log: LogTarget;
  /** Called before each call of a function. */
  readonly onCall?: (name: FunctionName, event: unknown) => void;
}

/** Invokes the topology's functions: CPU-bound ones in worker threads, the others in this thread. */
export class Invoker {
  readonly #options: InvokerOptions;
  readonly #handlers = new Map<FunctionName, Promise<Handler>>();
  readonly #loaded = new Map<FunctionName, Handler>();
  readonly #pools = new Map<FunctionName, WorkerPool>();
  readonly #heavyPredictor: HeavyPredictor;
  /** Who asks for a prediction may ask a large model next. */
  #warming: NodeJS.Timeout | undefined;

  constructor(options: InvokerOptions) {
    this.#options = options;
    const { embedded, settings, log } = options;
    this.#heavyPredictor = new HeavyPredictor({ embedded, settings, log });
  }

  /** Loads a function before its first call. */
  async warm(name: FunctionName): Promise<void> {
    await this.#handler(name);
  }

  /** Starts a thread for a function that computes, before its first call. */
  warmThread(name: FunctionName): void {
    this.#pool(name).start();
  }

  /** Calls a function. Throws, or rejects, when it does, or does not answer within its time limit. */
  invoke(
    name: FunctionName,
    event: unknown,
    { requestId = randomUUID(), body, caller }: Request = {},
  ): Awaitable<unknown> {
    this.#options.onCall?.(name, event);
    if (name === 'platform-predict') this.#warming ??= setTimeout(() => this.#heavyPredictor.warm(), WARM_MS).unref();
    const milliseconds = functions[name].timeoutSeconds * 1000;
    if (functions[name].computes && !(functions[name].callsSmallHere && isSmall(body))) {
      return this.#pool(name).call({
        event: event instanceof ProxyEvent ? event.whole() : event,
        requestId,
        milliseconds,
        body,
        baseUrl: this.#options.baseUrl(),
        caller,
      });
    }
    return this.#call(name, event, requestId, body, []);
  }

  /** Calls a function that streams its answer. */
  async stream(
    name: FunctionName,
    event: unknown,
    stream: ResponseStream,
    request: Required<Omit<Request, 'caller'>>,
  ): Promise<void> {
    await this.#call(name, event, request.requestId, request.body, [stream]);
  }

  async close(): Promise<void> {
    clearTimeout(this.#warming);
    await Promise.all([this.#heavyPredictor, ...this.#pools.values()].map((one) => one.close()));
  }

  #call(
    name: FunctionName,
    event: unknown,
    requestId: string,
    body: RequestBody | undefined,
    between: readonly unknown[],
  ): Awaitable<unknown> {
    return andThen(this.#loaded.get(name) ?? this.#handler(name), (handler) => {
      const limit = new TimeLimit(name, functions[name].timeoutSeconds * 1000);
      const context = makeContext(name, requestId, () => limit.remaining, body && untimed(body, limit));
      const answer = handler(event, ...between, context);
      return isPromise(answer) ? limit.watch(answer) : answer;
    });
  }

  #handler(name: FunctionName): Promise<Handler> {
    const known = this.#handlers.get(name);
    if (known) return known;
    const { adapters, settings, log } = this.#options;
    const loading = loadHandler(name, adapters, {
      settings,
      logger: makeLogger(name, log),
      heavyPredictor: this.#heavyPredictor,
    });
    this.#handlers.set(name, loading);
    loading.then(
      (handler) => this.#loaded.set(name, handler),
      () => undefined,
    );
    return loading;
  }

  #pool(name: FunctionName): WorkerPool {
    const known = this.#pools.get(name);
    if (known) return known;
    const { embedded, settings, log } = this.#options;
    const { memoryMegabytes, turnsAtOnce } = functions[name];
    const several = turnsAtOnce === undefined ? {} : { ...WAITING_THREAD, turnsAtOnce, turnsOfCaller: turnsAtOnce / 4 };
    const options = { size: callsAtOnce(name), memoryMegabytes, ...several };
    const pool = new WorkerPool({ name, embedded, settings, log }, options);
    this.#pools.set(name, pool);
    return pool;
  }
}

/** As many calls as its queues deliver at once; other callers wait for each other. */
function callsAtOnce(name: FunctionName): number {
  const consumed = Object.values(queues).filter(({ consumer }) => consumer === name);
  return Math.max(1, ...consumed.map(({ concurrency }) => concurrency));
}

/**
 * Of a thread with several turns at once. What is made of a body takes several times its bytes; and a thread that passes on
 * files has little that is new and no file.
 */
const WAITING_THREAD = { bodyBytes: 48 * 2 ** 20, youngMegabytes: 12 };

/** After the first prediction, which is not to wait for the start of a thread beside it. */
const WARM_MS = 1000;

const SMALL_BODY_BYTES = 65_536;

const isSmall = (body: RequestBody | undefined): boolean =>
  body === undefined || (body.contentLength ?? Number.POSITIVE_INFINITY) <= SMALL_BODY_BYTES;

/** Stops the function's time limit while the body is being received, if it has not arrived. */
const untimed = (body: RequestBody, limit: TimeLimit): RequestBody => ({
  contentLength: body.contentLength,
  read: (options) => (body.arrived?.() === undefined ? readUntimed(body, limit, options) : body.read(options)),
});

async function readUntimed(body: RequestBody, limit: TimeLimit, options: ReadOptions): Promise<Received> {
  limit.stop();
  try {
    return await body.read(options);
  } finally {
    limit.start();
  }
}
