import type { Received, RequestBody } from '#domain/request-body.ts';
import type { BodyMessage, CallMessage, Reply, TurnMessage, WorkerSetup } from './messages.ts';
import { Thread, ThreadLostError, type ThreadOptions } from './thread.ts';

export interface Call {
  readonly event: unknown;
  readonly requestId: string;
  /** The time limit of each turn. */
  readonly milliseconds: number;
  readonly body: RequestBody | undefined;
  /** The beginning of URLs that are presigned during the call. */
  readonly baseUrl: string;
}

export interface PoolOptions extends ThreadOptions {
  /** The number of threads. */
  readonly size: number;
  /**
   * How many turns a thread has in hand at once. Default: 1. If there are several, each is repeated once when another one
   * takes its thread with it.
   */
  readonly turnsAtOnce?: number;
}

/** A place for a thread, which starts when it is first needed. */
interface Place {
  thread: Thread | undefined;
  /** The turns in progress. */
  readonly turns: Set<Promise<void>>;
}

interface Turn {
  /** Called when the turn begins, so that no body waits in memory. */
  readonly message: () => Promise<TurnMessage> | TurnMessage;
  /** The place of the thread in which the call began. Default: any. */
  readonly place?: Place;
}

interface Answer {
  readonly reply: Reply;
  readonly place: Place;
}

interface Pending extends Turn {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads for a CPU-bound function. A thread starts with the first turn that finds no free one; if it dies or
 * exceeds the time limit, the next turn starts a new one.
 */
export class WorkerPool {
  readonly #setup: WorkerSetup;
  readonly #options: PoolOptions;
  readonly #turnsAtOnce: number;
  readonly #places: readonly Place[];
  readonly #waiting: Pending[] = [];
  #calls = 0;
  #closed = false;

  constructor(setup: WorkerSetup, options: PoolOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#turnsAtOnce = options.turnsAtOnce ?? 1;
    this.#places = Array.from({ length: options.size }, () => ({ thread: undefined, turns: new Set() }));
  }

  async call(call: Call): Promise<unknown> {
    for (let repeats = this.#turnsAtOnce > 1 ? 1 : 0; ; repeats -= 1) {
      try {
        return await this.#call(call);
      } catch (error) {
        if (repeats === 0 || this.#closed || !(error instanceof ThreadLostError)) throw error;
      }
    }
  }

  async #call({ event, requestId, milliseconds, body, baseUrl }: Call): Promise<unknown> {
    for (;;) {
      const turn = { call: ++this.#calls, milliseconds };
      const bodyFacts = body && { body: { contentLength: body.contentLength, arrived: body.arrived?.() } };
      const message: CallMessage = { kind: 'call', event, requestId, baseUrl, ...turn, ...bodyFacts };
      let { reply, place } = await this.#turn({ message: () => message });
      if (reply.kind === 'bodyRequest' && body) {
        let failure: unknown;
        // The thread must not wait forever for a body that cannot be read.
        const fail = (error: unknown): Received => {
          failure = error;
          return { kind: 'disconnected' };
        };
        const received = await body.read(reply.options).catch(fail);
        const message = async () => ({ kind: 'body', ...turn, received: await toMessage(received) }) as const;
        ({ reply } = await this.#turn({ message, place }));
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
    await Promise.all(this.#places.map(({ thread, turns }) => thread?.close([...turns])));
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

  /** Begins the turns for which a thread is free, in the order in which they came. */
  #next(): void {
    for (let at = 0; at < this.#waiting.length; ) {
      const pending = this.#waiting[at]!;
      const place = this.#free(pending);
      if (place === undefined) {
        at += 1;
        continue;
      }
      this.#waiting.splice(at, 1);
      const turn = this.#answer(place, pending).finally(() => {
        place.turns.delete(turn);
        this.#next();
      });
      place.turns.add(turn);
    }
  }

  /** The place that has the fewest turns in hand; of those, one whose thread runs. */
  #free({ place }: Turn): Place | undefined {
    const free = (place ? [place] : this.#places).filter(({ turns }) => turns.size < this.#turnsAtOnce);
    const least = Math.min(...free.map(({ turns }) => turns.size));
    const idle = free.filter(({ turns }) => turns.size === least);
    return idle.find(({ thread }) => thread !== undefined) ?? idle[0];
  }

  async #answer(place: Place, { message, resolve, reject }: Pending): Promise<void> {
    try {
      // Started before anything is awaited, so that `close` finds it.
      const thread = this.#threadOf(place);
      resolve({ reply: await thread.exchange(await message()), place });
    } catch (error) {
      reject(error);
    }
  }

  #threadOf(place: Place): Thread {
    if (place.thread === undefined || place.thread.lost) place.thread = new Thread(this.#setup, this.#options);
    return place.thread;
  }
}

async function toMessage(received: Received): Promise<BodyMessage['received']> {
  return received.kind === 'complete' ? { kind: 'complete', bytes: await received.content.bytes() } : received;
}
