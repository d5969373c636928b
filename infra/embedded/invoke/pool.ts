import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
// A thread that loads ONNX Runtime cannot turn its telemetry off: that is done here, for all of them.
import '#engine/telemetry.ts';
import type { Received, RequestBody } from '#domain/request-body.ts';
import type { BodyMessage, CloseMessage, ReplyMessage, TurnMessage, WorkerSetup } from './messages.ts';

export interface Call {
  readonly event: unknown;
  readonly requestId: string;
  /** The time limit of each turn. */
  readonly milliseconds: number;
  readonly body: RequestBody | undefined;
  /** The beginning of URLs that are presigned during the call. */
  readonly baseUrl: string;
}

export interface PoolOptions {
  /** The number of threads, and so of turns at once. */
  readonly size: number;
  /** The limit of each thread's heap; a thread that needs more ends. */
  readonly memoryMegabytes: number;
  /** The program of a thread. Default: one that runs a function. */
  readonly program?: URL;
}

/** A place for a thread, which starts when it is first needed. */
interface Place {
  worker: Promise<Worker> | undefined;
  /** The turn in progress. */
  turn: Promise<void> | undefined;
}

interface Turn {
  /** Called when the turn begins, so that no body waits in memory. */
  readonly message: () => Promise<TurnMessage>;
  readonly milliseconds: number;
  /** The place of the thread in which the call began. Default: any. */
  readonly place?: Place;
}

interface Answer {
  readonly reply: ReplyMessage;
  readonly place: Place;
}

interface Pending extends Turn {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The `threadId` of a thread that has ended. */
const ENDED = -1;

/** How long the turns in progress may take to clean up when the pool closes. */
const CLOSING_MS = 1000;

/**
 * Worker threads for a CPU-bound function. Each handles one turn at a time, like one warm Lambda environment. A thread
 * starts with the first turn that finds no idle one; if it dies or exceeds the time limit, the next turn starts a new one.
 */
export class WorkerPool {
  readonly #setup: WorkerSetup;
  readonly #options: PoolOptions;
  readonly #places: readonly Place[];
  readonly #waiting: Pending[] = [];
  #closed = false;

  constructor(setup: WorkerSetup, options: PoolOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#places = Array.from({ length: options.size }, () => ({ worker: undefined, turn: undefined }));
  }

  async call({ event, requestId, milliseconds, body, baseUrl }: Call): Promise<unknown> {
    const turn = { requestId, milliseconds, baseUrl };
    const bodyFacts = body && { body: { contentLength: body.contentLength } };
    for (;;) {
      const message = async () => ({ kind: 'call', event, ...turn, ...bodyFacts }) as const;
      let { reply, place } = await this.#turn({ message, milliseconds });
      if (reply.kind === 'bodyRequest' && body) {
        let failure: unknown;
        // The thread must not wait forever for a body that cannot be read.
        const fail = (error: unknown): Received => {
          failure = error;
          return { kind: 'disconnected' };
        };
        const received = await body.read(reply.options).catch(fail);
        const message = async () => ({ kind: 'body', ...turn, received: await toMessage(received) }) as const;
        ({ reply } = await this.#turn({ message, milliseconds, place }));
        if (failure !== undefined) throw failure;
      }
      if (reply.kind === 'result') return reply.result;
      if (reply.kind === 'failed') throw new Error(`${this.#setup.name}: ${reply.message}`);
      // The thread was replaced while the body was being received: repeat the call, with the body that is there now.
    }
  }

  /** Terminates the threads. Turns in progress are told so and have a second; those that wait fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#isClosed());
    await Promise.all(this.#places.map(close));
  }

  #turn(turn: Turn): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#isClosed());
      this.#waiting.push({ ...turn, resolve, reject });
      this.#next();
    });
  }

  #isClosed(): Error {
    return new Error(`${this.#setup.name}: the host is stopping`);
  }

  /** Begins the turns for which a thread is idle, in the order in which they came. */
  #next(): void {
    for (const pending of [...this.#waiting]) {
      const place = this.#idle(pending);
      if (place === undefined) continue;
      this.#waiting.splice(this.#waiting.indexOf(pending), 1);
      place.turn = this.#answer(place, pending).finally(() => {
        place.turn = undefined;
        this.#next();
      });
    }
  }

  #idle({ place }: Turn): Place | undefined {
    const idle = (place ? [place] : this.#places).filter(({ turn }) => turn === undefined);
    return idle.find(({ worker }) => worker !== undefined) ?? idle[0];
  }

  async #answer(place: Place, { message, milliseconds, resolve, reject }: Pending): Promise<void> {
    try {
      // Started before anything is awaited, so that `close` finds it.
      place.worker ??= start(this.#setup, this.#options);
      const { worker } = place;
      const content = await message();
      resolve({ reply: await exchangeIn(place, worker, content, milliseconds), place });
    } catch (error) {
      reject(error as Error);
    }
  }
}

/** Empties the place if its thread fails. */
async function exchangeIn(place: Place, starting: Promise<Worker>, message: TurnMessage, milliseconds: number) {
  try {
    return await exchange(await starting, message, milliseconds);
  } catch (error) {
    await terminate(place);
    place.worker = undefined;
    throw error;
  }
}

async function toMessage(received: Received): Promise<BodyMessage['received']> {
  return received.kind === 'complete' ? { kind: 'complete', bytes: await received.content.bytes() } : received;
}

async function close(place: Place): Promise<void> {
  const worker = await place.worker?.catch(() => undefined);
  if (worker && place.turn) {
    worker.postMessage({ kind: 'close' } satisfies CloseMessage);
    const timer = new AbortController();
    await Promise.race([place.turn, delay(CLOSING_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }
  await terminate(place);
}

async function terminate({ worker }: Place): Promise<void> {
  await (await worker?.catch(() => undefined))?.terminate();
}

function start(workerData: WorkerSetup, { memoryMegabytes, program }: PoolOptions): Promise<Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMegabytes };
  const worker = new Worker(program ?? new URL('./worker.ts', import.meta.url), { workerData, resourceLimits });
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      worker.removeAllListeners('error');
      worker.on('error', () => {});
      resolve(worker);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`${workerData.name}: the worker ended at its start (${code})`)));
  });
}

function exchange(worker: Worker, message: TurnMessage, timeoutMilliseconds: number): Promise<ReplyMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(() => reject(new Error(`no answer within ${timeoutMilliseconds / 1000} s`))),
      timeoutMilliseconds,
    );
    const onMessage = (reply: ReplyMessage) => settle(() => resolve(reply));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = (code: number) => settle(() => reject(new Error(`the worker ended (${code})`)));
    function settle(done: () => void): void {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      done();
    }
    if (worker.threadId === ENDED) return settle(() => reject(new Error('the worker ended between two turns')));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(message);
  });
}
