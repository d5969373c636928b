import { setTimeout as delay } from 'node:timers/promises';
import { isPassing, translate } from './vendor-errors.ts';

const ATTEMPTS = 10;
const CONFLICT = { base: 10, most: 500 };

/** Milliseconds to wait. */
export type Sleep = (milliseconds: number) => Promise<unknown>;

/** How long to wait before the next try, in milliseconds: twice as long each time, with full jitter. */
export function backoff(tries: number, { base, most }: { readonly base: number; readonly most: number }): number {
  return Math.random() * Math.min(most, base * 2 ** tries);
}

/**
 * Repeats what met another transaction, or was cancelled because an item was throttled, a few times; the client
 * itself repeats what was throttled as a whole. Throws errors of ours alone.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>, sleep: Sleep = delay): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || tries === ATTEMPTS) throw translate(error);
      await sleep(backoff(tries, CONFLICT));
    }
  }
}
