/** When a delivery is tried again: ten tries over about three days. */

/** Seconds after each try that failed; these are those that Standard Webhooks recommends. */
const DELAYS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

export const MAX_TRIES = DELAYS.length + 1;

/** Each delay is changed by up to this fraction, so that what failed together is not tried again together. */
const JITTER = 0.1;

/** A receiver cannot postpone a try for longer, in seconds. */
const LONGEST_RETRY_AFTER = 86_400;

/**
 * Seconds until the next try, never sooner than the receiver asked for; `undefined` after the last one.
 * @param tries how many were made
 * @param random from 0 to 1
 */
export function retryDelay(tries: number, random: number, retryAfter = 0): number | undefined {
  const delay = DELAYS[tries - 1];
  if (delay === undefined) return undefined;
  return Math.max(delay * (1 + JITTER * (2 * random - 1)), Math.min(retryAfter, LONGEST_RETRY_AFTER));
}

/** The seconds of a Retry-After header: a number, or a date after `now` (epoch milliseconds). */
export function retryAfterSeconds(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header);
  const date = /GMT$/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
