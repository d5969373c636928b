import { Worker } from 'node:worker_threads';
// A thread that loads ONNX Runtime cannot turn its telemetry off: that is done here, for all of them.
import '#engine/telemetry.ts';
import type { Received, RequestBody } from '#domain/request-body.ts';
import type { BodyMessage, ReplyMessage, TurnMessage, WorkerSetup } from './messages.ts';

export interface Call {
  readonly event: unknown;
  readonly requestId: string;
  /** The time limit of each turn. */
  readonly milliseconds: number;
  readonly body: RequestBody | undefined;
}

interface Pending {
  /** Called when the turn begins, so that no body waits in memory. */
  readonly message: () => Promise<TurnMessage>;
  readonly milliseconds: number;
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One worker thread for a CPU-bound function, which handles one turn at a time, like one warm Lambda environment. The
 * thread starts with the first call; if it dies or exceeds the time limit, the next call starts a new one.
 */
export class WorkerPool {
  readonly #setup: WorkerSetup;
  readonly #waiting: Pending[] = [];
  #worker: Promise<Worker> | undefined;
  #busy = false;
  #closed = false;

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
  }

  async call({ event, requestId, milliseconds, body }: Call): Promise<unknown> {
    const turn = { requestId, milliseconds };
    const bodyFacts = body && { body: { contentLength: body.contentLength } };
    for (;;) {
      let reply = await this.#turn(milliseconds, async () => ({ kind: 'call', event, ...turn, ...bodyFacts }));
      if (reply.kind === 'bodyRequest' && body) {
        let failure: unknown;
        // The thread must not wait forever for a body that cannot be read.
        const fail = (error: unknown): Received => {
          failure = error;
          return { kind: 'disconnected' };
        };
        const received = await body.read(reply.options).catch(fail);
        reply = await this.#turn(milliseconds, async () => ({
          kind: 'body',
          ...turn,
          received: await toMessage(received),
        }));
        if (failure !== undefined) throw failure;
      }
      if (reply.kind === 'result') return reply.result;
      if (reply.kind === 'failed') throw new Error(`${this.#setup.name}: ${reply.message}`);
      // The thread was replaced while the body was being received: repeat the call, with the body that is there now.
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#worker?.catch(() => undefined))?.terminate();
  }

  #turn(milliseconds: number, message: () => Promise<TurnMessage>): Promise<ReplyMessage> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, milliseconds, resolve, reject });
      void this.#next();
    });
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#closed) return;
    const pending = this.#waiting.shift();
    if (!pending) return;
    this.#busy = true;
    try {
      const message = await pending.message();
      pending.resolve(await this.#exchange(message, pending.milliseconds));
    } catch (error) {
      pending.reject(error as Error);
    } finally {
      this.#busy = false;
      void this.#next();
    }
  }

  async #exchange(message: TurnMessage, milliseconds: number): Promise<ReplyMessage> {
    try {
      this.#worker ??= start(this.#setup);
      return await exchange(await this.#worker, message, milliseconds);
    } catch (error) {
      await (await this.#worker?.catch(() => undefined))?.terminate();
      this.#worker = undefined;
      throw error;
    }
  }
}

async function toMessage(received: Received): Promise<BodyMessage['received']> {
  return received.kind === 'complete' ? { kind: 'complete', bytes: await received.content.bytes() } : received;
}

function start(setup: WorkerSetup): Promise<Worker> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      worker.removeAllListeners('error');
      worker.on('error', () => {});
      resolve(worker);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`${setup.name}: the worker ended at its start (${code})`)));
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
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(message);
  });
}
