/** Requests are counted in fixed windows of an hour, each in an item that goes away when its window has passed. */
import { z } from 'zod';
import { RateLimitError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { epochSeconds } from '#domain/times.ts';
import type { Headers } from './reply.ts';

const WINDOW_SECONDS = 3600;

/** Where a caller stands in the present window. */
export interface Standing {
  readonly limit: number;
  /** Requests in this window, this one included. */
  readonly count: number;
  /** When the window ends, in epoch seconds. */
  readonly resetAt: number;
}

const counter = z.object({ count: z.number() });

/** Counts one request of `who` (such as `account#id`). `now` in epoch milliseconds. */
export async function countRequest(table: Table, who: string, limit: number, now: number): Promise<Standing> {
  const window = Math.floor(epochSeconds(now) / WINDOW_SECONDS);
  const resetAt = (window + 1) * WINDOW_SECONDS;
  const item = await table.update(keys.rate(`${who}#${window}`), { add: { count: 1 }, set: { expiresAt: resetAt } });
  return { limit, count: counter.parse(item).count, resetAt };
}

/** Throws `RateLimitError` where this request was one too many. */
export function enforce(standing: Standing, now: number): void {
  if (standing.count > standing.limit) throw new RateLimitError(secondsLeft(standing, now));
}

/** The specification's headers, and those of the IETF's draft. */
export function rateLimitHeaders(standing: Standing, now: number): Headers {
  const { limit, count, resetAt } = standing;
  const remaining = Math.max(0, limit - count);
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(resetAt),
    'RateLimit-Policy': `"hour";q=${limit};w=${WINDOW_SECONDS}`,
    RateLimit: `"hour";r=${remaining};t=${secondsLeft(standing, now)}`,
  };
}

const secondsLeft = (standing: Standing, now: number): number => Math.max(1, Math.ceil(standing.resetAt - now / 1000));
