import { setTimeout as delay } from 'node:timers/promises';
import type { Pump } from './consume.ts';

/**
 * Stops pumps. What they have in hand may be finished within the grace; then `cut` ends it, and its messages come again.
 * @param cut makes every call that is still under way fail
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
