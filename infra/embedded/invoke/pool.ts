import { Worker } from 'node:worker_threads';
// A thread that loads ONNX Runtime cannot turn its telemetry off: that is done here, for all of them.
import '#engine/telemetry.ts';
import type { CallMessage, ReplyMessage, WorkerSetup } from './messages.ts';

interface Pending {
  readonly call: CallMessage;
  readonly timeoutMilliseconds: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One worker thread for a CPU-bound function, which handles one call at a time, like one warm Lambda environment. The
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

  call(call: CallMessage, timeoutMilliseconds: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, timeoutMilliseconds, resolve, reject });
      void this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#worker?.catch(() => undefined))?.terminate();
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#closed) return;
    const pending = this.#waiting.shift();
    if (!pending) return;
    this.#busy = true;
    try {
      this.#worker ??= start(this.#setup);
      const reply = await exchange(await this.#worker, pending.call, pending.timeoutMilliseconds);
      if (reply.ok) pending.resolve(reply.result);
      else pending.reject(new Error(`${this.#setup.name}: ${reply.message}`));
    } catch (error) {
      await (await this.#worker?.catch(() => undefined))?.terminate();
      this.#worker = undefined;
      pending.reject(error as Error);
    } finally {
      this.#busy = false;
      void this.#next();
    }
  }
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

function exchange(worker: Worker, call: CallMessage, timeoutMilliseconds: number): Promise<ReplyMessage> {
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
    worker.postMessage(call);
  });
}
