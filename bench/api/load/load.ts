import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Kind } from './mix.ts';

/** What a generator is asked for: so many clients, each of which waits for its answer before it asks again. */
export interface Order {
  readonly base: string;
  readonly clients: number;
  readonly kinds: readonly Kind[];
  /** No request is begun later; what is under way is waited for. */
  readonly seconds: number;
  /** No more requests than these, of all clients together. */
  readonly requests?: number;
  /** What the clients choose from the mix follows from it. */
  readonly seed: number;
}

export interface Answers {
  /** Of the requests that were answered with a 2xx, in milliseconds. */
  readonly latencies: Float64Array;
  /** How many requests were not, by status, or by the code of the error that ended them. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface Outcome {
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** The part of that time in which the generator's event loop was busy: near 1, it measures itself. */
  readonly busy: number;
  /** By the kinds' names. */
  readonly kinds: Readonly<Record<string, Answers>>;
}

/** Clients in a process of their own, which share no event loop with what they measure. */
export interface Load extends AsyncDisposable {
  run(order: Order): Promise<Outcome>;
}

const GENERATOR = fileURLToPath(new URL('generator.ts', import.meta.url));

export function startLoad(): Load {
  const child = fork(GENERATOR, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the load generator ended with ${code}`);
  });
  exited.catch(() => {});
  return {
    run: async (order) => {
      child.send(order);
      const [outcome] = await Promise.race([once(child, 'message'), exited]);
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await exited.catch(() => {});
    },
  };
}
