import { setTimeout as delay } from 'node:timers/promises';
import { isPassing, translate } from './vendor-errors.ts';

const ATTEMPTS = 10;
const BASE_MILLISECONDS = 10;
const CAP_MILLISECONDS = 500;

/** Milliseconds to wait. */
export type Sleep = (milliseconds: number) => Promise<unknown>;

/**
 * Repeats what met another transaction, or was cancelled because an item was throttled, with exponential backoff and full
 * jitter; the client itself repeats what was throttled as a whole. Throws errors of ours alone.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>, sleep: Sleep = delay): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || tries === ATTEMPTS) throw translate(error);
      await sleep(Math.random() * Math.min(CAP_MILLISECONDS, BASE_MILLISECONDS * 2 ** tries));
    }
  }
}
