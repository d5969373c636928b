import { setTimeout as delay } from 'node:timers/promises';
import { isTransient, translate } from './vendor-errors.ts';

const ATTEMPTS = 10;
const CONFLICT = { base: 10, max: 500 };

/** Milliseconds to wait. */
export type Sleep = (milliseconds: number) => Promise<unknown>;

/** How long to wait before the next try, in milliseconds: twice as long each time, with full jitter. */
export function backoff(tries: number, { base, max }: { readonly base: number; readonly max: number }): number {
  return Math.random() * Math.min(max, base * 2 ** tries);
}

/**
 * Retries a request that conflicted with another transaction, or a transaction that was cancelled because an item was
 * throttled; the client itself retries throttled requests. Throws only our own errors.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>, sleep: Sleep = delay): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error) || tries === ATTEMPTS) throw translate(error);
      await sleep(backoff(tries, CONFLICT));
    }
  }
}
