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
  /** Whose call it is. Default: nobody's in particular, who counts as one. */
  readonly caller?: string | undefined;
}

export interface PoolOptions extends ThreadOptions {
  /** The number of threads. */
  readonly size: number;
  /**
   * How many turns a thread has in hand at once. Default: 1. If there are several, each is repeated once when another one
   * takes its thread with it.
   */
  readonly turnsAtOnce?: number;
  /** How many of those may be one caller's. Default: all. */
  readonly turnsOfCaller?: number;
  /** How many bytes of bodies a thread has in hand at once; a larger body is alone. Default: any number. */
  readonly bodyBytes?: number;
}

interface Begun {
  readonly caller: string;
  readonly bytes: number;
  readonly ended: Promise<void>;
}

/** A place for a thread, which starts when it is first needed. */
interface Place {
  thread: Thread | undefined;
  /** Threads before it that took too long, and are in a call of ONNX Runtime, which nobody can end. */
  readonly ending: Set<Thread>;
  /** The turns in progress. */
  readonly turns: Set<Begun>;
}

/** Of a place. While there are more, it has no turn, so that endless calls do not fill the machine with threads. */
const MOST_ENDING = 1;

interface Turn {
  readonly caller: string;
  /** Of its body. */
  readonly bytes: number;
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
    this.#places = Array.from({ length: options.size }, () => ({
      thread: undefined,
      ending: new Set(),
      turns: new Set(),
    }));
  }

  /** Starts a thread before there is a turn for it. */
  start(): void {
    if (!this.#closed) this.#threadOf(this.#places[0]!);
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

  async #call({ event, requestId, milliseconds, body, baseUrl, caller = '' }: Call): Promise<unknown> {
    for (;;) {
      const turn = { call: ++this.#calls, milliseconds };
      const bodyFacts = body && { body: { contentLength: body.contentLength, arrived: body.arrived?.() } };
      const message: CallMessage = { kind: 'call', event, requestId, baseUrl, ...turn, ...bodyFacts };
      let { reply, place } = await this.#turn({ message: () => message, caller, bytes: 0 });
      if (reply.kind === 'bodyRequest' && body) {
        const { options } = reply;
        let failure: unknown;
        // The thread must not wait forever for a body that cannot be read.
        const fail = (error: unknown): Received => {
          failure = error;
          return { kind: 'disconnected' };
        };
        const read = async () => body.read(options);
        const received = await read().catch(fail);
        const message = async () => ({ kind: 'body', ...turn, received: await toMessage(received) }) as const;
        const bytes = received.kind === 'complete' ? received.content.size : 0;
        ({ reply } = await this.#turn({ message, place, caller, bytes }));
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
    await Promise.all(this.#places.map(({ thread, turns }) => thread?.close([...turns].map(({ ended }) => ended))));
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
    // A large body must not wait for ever while smaller ones pass it.
    let bodyWaits = false;
    for (let at = 0; at < this.#waiting.length; ) {
      const pending = this.#waiting[at]!;
      const hasBody = pending.bytes > 0;
      const place = hasBody && bodyWaits ? undefined : this.#free(pending);
      if (place === undefined) {
        bodyWaits ||= hasBody;
        at += 1;
        continue;
      }
      this.#waiting.splice(at, 1);
      const { caller, bytes } = pending;
      const ended = this.#answer(place, pending).finally(() => {
        place.turns.delete(turn);
        this.#next();
      });
      const turn: Begun = { caller, bytes, ended };
      place.turns.add(turn);
    }
  }

  #hasRoom({ thread, ending, turns }: Place, { caller, bytes }: Turn): boolean {
    if (thread?.lost && ending.size >= MOST_ENDING) return false;
    const { turnsOfCaller = this.#turnsAtOnce, bodyBytes = Number.POSITIVE_INFINITY } = this.#options;
    const inHand = [...turns];
    const before = inHand.reduce((sum, turn) => sum + turn.bytes, 0);
    return (
      inHand.length < this.#turnsAtOnce &&
      inHand.filter((turn) => turn.caller === caller).length < turnsOfCaller &&
      (bytes === 0 || before === 0 || before + bytes <= bodyBytes)
    );
  }

  /** The place that has the fewest turns in hand; of those, one whose thread runs. */
  #free(turn: Turn): Place | undefined {
    const free = (turn.place ? [turn.place] : this.#places).filter((place) => this.#hasRoom(place, turn));
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
    if (place.thread?.lost) this.#leave(place, place.thread);
    place.thread ??= new Thread(this.#setup, this.#options);
    return place.thread;
  }

  #leave(place: Place, thread: Thread): void {
    place.thread = undefined;
    place.ending.add(thread);
    void thread.ended.then(() => {
      place.ending.delete(thread);
      this.#next();
    });
  }
}

async function toMessage(received: Received): Promise<BodyMessage['received']> {
  return received.kind === 'complete' ? { kind: 'complete', bytes: await received.content.bytes() } : received;
}
