/** What takes much memory runs one at a time in all threads: those of requests and of jobs have queues of their own. */
import { locks } from 'node:worker_threads';

export const LARGE_LOCK = 'trainyard: a large derivation';

/** Longer than the two others that may be before it take. */
const WAIT_MS = 10_000;

/**
 * After so long without a turn it takes it: a thread that was terminated keeps the lock for ever (seen with Node.js 24.21).
 * If the other one is alive, it goes on all the same.
 */
export function oneLarge<T>(run: () => Promise<T>, waitMilliseconds = WAIT_MS): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let begun = false;
  const begin = (): Promise<T> => {
    begun = true;
    const running = run();
    running.then(resolve, reject);
    return running;
  };
  locks
    .request(LARGE_LOCK, { signal: AbortSignal.timeout(waitMilliseconds) }, begin)
    .catch(() => (begun ? undefined : locks.request(LARGE_LOCK, { steal: true }, begin)))
    // What `run` fails with is told above, and that the lock was taken away concerns nobody.
    .catch(() => undefined);
  return promise;
}
