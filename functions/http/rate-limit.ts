/** Requests are counted in fixed windows of an hour, each by a counter that expires with its window. */
import { addCall } from '#domain/accounts/usage/calls.ts';
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import { RateLimitError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { epochSeconds } from '#domain/times.ts';

const WINDOW_SECONDS = 3600;

/** A caller's requests in the current window. */
export interface RateLimitStatus {
  readonly limit: number;
  /** Requests in this window, this one included. */
  readonly count: number;
  /** When the window ends, in epoch seconds. */
  readonly resetAt: number;
}

/** Counts one request of `who` (such as `address#192.0.2.1`), for an hour. `now` in epoch milliseconds. */
export function countRequest(table: Table, who: string, limit: number, now: number): Awaitable<RateLimitStatus> {
  const window = Math.floor(epochSeconds(now) / WINDOW_SECONDS);
  const resetAt = (window + 1) * WINDOW_SECONDS;
  const counted = table.increment(keys.rate(`${who}#${window}`), 'count', resetAt, limit);
  return andThen(counted, (count) => ({ limit, count, resetAt }));
}

/** Counts one request of an account: its usage is counted with the same write. `now` in epoch milliseconds. */
export function countCall(table: Table, accountId: string, limit: number, now: number): Awaitable<RateLimitStatus> {
  return andThen(addCall(table, accountId, now, limit), ({ count, resetAt }) => ({ limit, count, resetAt }));
}

/** Throws `RateLimitError` if this request exceeds the limit. */
export function enforce(status: RateLimitStatus, now: number): void {
  if (status.count > status.limit) throw new RateLimitError(secondsLeft(status, now));
}

/** Adds the headers of the specification, and those of the IETF draft. */
export function addRateLimit(headers: Record<string, string>, status: RateLimitStatus, now: number): void {
  const { limit, count, resetAt } = status;
  const remaining = Math.max(0, limit - count);
  headers['X-RateLimit-Limit'] = String(limit);
  headers['X-RateLimit-Remaining'] = String(remaining);
  headers['X-RateLimit-Reset'] = String(resetAt);
  headers['RateLimit-Policy'] = `"hour";q=${limit};w=${WINDOW_SECONDS}`;
  headers.RateLimit = `"hour";r=${remaining};t=${secondsLeft(status, now)}`;
}

const secondsLeft = (status: RateLimitStatus, now: number): number =>
  Math.max(1, Math.ceil(status.resetAt - now / 1000));
