/** A thread that works on rows beside a trainer's own, from reading them to judging the model by them. */
import type { Worker } from 'node:worker_threads';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Filled } from './fit/window-filler.ts';
import { keepThread, takeThread } from './profile/reading-threads.ts';
import { residentBytes } from './table/resident.ts';

export const ROW_PROGRAM = new URL('./row-worker.ts', import.meta.url);

/** For fewer bytes of rows, it costs more to tell a thread what to do than to do it. */
const LEAST_BYTES = 2 ** 25;

/** What each is, and what its answer is, is known to those who share the work; `row-worker.ts` knows them all. */
interface Message {
  readonly kind: string;
}

interface Asked {
  readonly resolve: (answer: Message) => void;
  readonly reject: (error: Error) => void;
}

export class RowThread implements AsyncDisposable {
  readonly #worker: Worker;
  /** In the order in which they are answered. */
  readonly #asked: Asked[] = [];
  #failure: Error | undefined;
  #onFilled: (filled: Filled | Error) => void = () => {};

  /** One that has worked for another job, if there is one. */
  constructor() {
    this.#worker = takeThread(ROW_PROGRAM);
    this.#worker.on('message', (reply: Filled | Message) => {
      if ('window' in reply) this.#onFilled(reply);
      else this.#asked.shift()?.resolve(reply);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that works on rows has ended')));
  }

  /** Who gets the windows that it fills from now on, or why there will be none. */
  set onFilled(take: (filled: Filled | Error) => void) {
    this.#onFilled = take;
    if (this.#failure) take(this.#failure);
  }

  send(message: Message): void {
    this.#worker.postMessage(message);
  }

  /**
   * @param kind of the answer
   * @throws what the thread has thrown
   */
  async ask<A extends Message>(message: Message, kind: A['kind']): Promise<A> {
    if (this.#failure) throw this.#failure;
    const answer = await new Promise<Message>((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.send(message);
    });
    if (answer.kind !== kind)
      throw new TypeError(`'${message.kind}' wants '${kind}' as its answer; got '${answer.kind}'`);
    return answer as A;
  }

  /** It waits for the next job, or ends if it has not done what it was asked. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isFree = await this.ask({ kind: 'end' }, 'ended').then(
      () => true,
      () => false,
    );
    if (isFree) keepThread(this.#worker);
    else await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
    this.#onFilled(this.#failure);
  }
}

/** `undefined` where it gains nothing. */
export function rowThreadFor(profile: DatasetProfile): RowThread | undefined {
  return (profile.kind ?? 'table') === 'table' && residentBytes(profile) >= LEAST_BYTES ? new RowThread() : undefined;
}

/** Starts one for a job that is likely to come, so that it need not wait for it; it ends if none comes for a while. */
export const prepareRowThread = (): Promise<void> => new RowThread()[Symbol.asyncDispose]();
