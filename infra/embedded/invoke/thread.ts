import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
// A thread that loads ONNX Runtime cannot turn its telemetry off: that is done here, for all of them.
import '#engine/telemetry.ts';
import { closeNativeGate, makeNativeGate } from '#engine/native-gate.ts';
import type { CloseMessage, ReplyMessage, ThreadSetup, TurnMessage, WorkerSetup } from './messages.ts';

export interface ThreadOptions {
  /** The limit of the thread's heap; a thread that needs more ends. */
  readonly memoryMegabytes: number;
  /** Of those, for what is new. Default: 24. */
  readonly youngMegabytes?: number;
  /** How long the turns in progress may take to clean up when the thread closes. Default: a second. */
  readonly closingMs?: number;
  /** The program of a thread. Default: one that runs a function. */
  readonly program?: URL;
}

/** The thread ended, or was terminated because another turn took too long: this turn has no answer. */
export class ThreadLostError extends Error {}

interface Exchange {
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

// What the command line says of the young generation is for the listener's thread, whose heap has it by now. Of these, which
// have less to do, each would hold as much.
for (const flag of ['min', 'max']) setFlagsFromString(`--${flag}-semi-space-size=0`);

/** Of the young generation, where nothing else is said: as much as is new during a few calls. */
const YOUNG_MEGABYTES = 24;

const CLOSING_MS = 1000;
/** How long a host that stops waits for a call of ONNX Runtime, which nobody can end. */
const NATIVE_CALL_MS = 10_000;

/** A worker thread, which may have several turns in progress. One that takes too long ends the thread. */
export class Thread {
  readonly #worker: Worker;
  readonly #closingMs: number;
  readonly #nativeGate = makeNativeGate();
  readonly #started: Promise<void>;
  /** When it runs no more. */
  readonly ended: Promise<void>;
  readonly #exchanges = new Map<number, Exchange>();
  #lost: ThreadLostError | undefined;

  constructor(setup: WorkerSetup, options: ThreadOptions) {
    const { memoryMegabytes, youngMegabytes = YOUNG_MEGABYTES, closingMs = CLOSING_MS, program } = options;
    this.#closingMs = closingMs;
    const resourceLimits = {
      // A heap that may have 2 GiB grows to four times what is in use before V8 collects it; a smaller one to twice that.
      maxOldGenerationSizeMb: memoryMegabytes - 1,
      maxYoungGenerationSizeMb: youngMegabytes,
    };
    const workerData: ThreadSetup = { ...setup, nativeGate: this.#nativeGate };
    const worker = new Worker(program ?? new URL('./worker.ts', import.meta.url), { workerData, resourceLimits });
    this.#worker = worker;
    this.#started = new Promise((resolve, reject) => {
      worker.once('message', () => {
        worker.on('message', (reply: ReplyMessage) => this.#settle(reply.call)?.resolve(reply));
        resolve();
      });
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`${setup.name}: the worker ended at its start (${code})`)));
    });
    // Whoever has a turn is told; there may be nobody.
    this.#started.catch(() => {});
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('error', (error: Error) => this.#lose(new ThreadLostError(error.message, { cause: error })));
    worker.on('exit', (code) => this.#lose(new ThreadLostError(`the worker ended (${code})`)));
  }

  /** Whether the thread has ended: it takes no further turn. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Throws `ThreadLostError`, and an `Error` if there is no answer in time: then the thread is terminated. */
  async exchange(message: TurnMessage): Promise<ReplyMessage> {
    await this.#started;
    if (this.#lost) throw this.#lost;
    const { call, milliseconds } = message;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(call)?.reject(new Error(`no answer within ${milliseconds / 1000} s`));
        this.#lose(new ThreadLostError('the worker was ended, because another call took too long'));
        void this.terminate();
      }, milliseconds);
      this.#exchanges.set(call, { resolve, reject, timer });
      this.#worker.postMessage(message);
    });
  }

  /** Tells the turns in progress, which have `closingMs`, and terminates the thread. */
  async close(turns: readonly Promise<unknown>[]): Promise<void> {
    await this.#started.catch(() => {});
    if (turns.length > 0 && !this.#lost) {
      this.#worker.postMessage({ kind: 'close' } satisfies CloseMessage);
      await within(this.#closingMs, Promise.all(turns));
    }
    await within(NATIVE_CALL_MS, this.terminate());
  }

  /** Waits for the call of ONNX Runtime that the thread is in. */
  async terminate(): Promise<void> {
    await closeNativeGate(this.#nativeGate);
    await this.#worker.terminate();
  }

  #settle(call: number): Exchange | undefined {
    const exchange = this.#exchanges.get(call);
    this.#exchanges.delete(call);
    clearTimeout(exchange?.timer);
    return exchange;
  }

  #lose(error: ThreadLostError): void {
    this.#lost ??= error;
    for (const call of [...this.#exchanges.keys()]) this.#settle(call)?.reject(this.#lost);
  }
}

/** Waits for something, but no longer than this. */
async function within(milliseconds: number, something: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([something, late]);
  timer.abort();
}
