import { setTimeout as delay } from 'node:timers/promises';
import type { Pump } from './consume.ts';

/**
 * Stops pumps. Messages in flight may be finished within the grace period; then `cut` ends them, and they are
 * redelivered.
 * @param cut makes every call that is still in flight fail
 */
export async function stopWithin(
  graceMilliseconds: number,
  pumps: readonly Pump[],
  cut: () => Promise<void>,
): Promise<void> {
  const stopped = Promise.all(pumps.map((one) => one.stop()));
  const timer = new AbortController();
  const late = delay(graceMilliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([stopped, late]);
  timer.abort();
  await cut();
  await stopped;
}
