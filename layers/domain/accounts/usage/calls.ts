/**
 * Calls of an account: a counter for each hour of a day. It is the counter of the rate limit as well, so that a call takes
 * one write.
 */
import { type Awaitable, andThen } from '../../awaitable.ts';
import { keys } from '../../keys.ts';
import type { Item, Key, Table } from '../../ports/table/port.ts';
import { Recent } from '../../recent.ts';
import { epochSeconds, isoTime } from '../../times.ts';

const HOUR_SECONDS = 3600;
/** So that the usage of a year can be compared with the year before. */
const RETENTION_SECONDS = 400 * 86_400;

const HOUR = /^h\d\d$/;

export interface CallsOfHour {
  readonly count: number;
  /** When the hour ends, in epoch seconds. */
  readonly resetAt: number;
}

const endOfHour = (now: number): number => (Math.floor(epochSeconds(now) / HOUR_SECONDS) + 1) * HOUR_SECONDS;

/** Where the calls of an hour are counted. `now` in epoch milliseconds. */
export function hourCounter(accountId: string, now: number): HourCounter {
  const { day, name, expiresAt, counters } = hourOf(now);
  return counters.get(accountId) ?? counters.add(accountId, { key: keys.calls(accountId, day), name, expiresAt });
}

interface HourCounter {
  readonly key: Key;
  readonly name: string;
  readonly expiresAt: number;
}

interface Hour {
  readonly resetAt: number;
  readonly day: string;
  readonly name: string;
  readonly expiresAt: number;
  /** Of accounts that called lately. */
  readonly counters: Recent<HourCounter>;
}

/** Most calls are in the hour of the one before. */
let latest: Hour | undefined;

function hourOf(now: number): Hour {
  const resetAt = endOfHour(now);
  if (latest?.resetAt !== resetAt) {
    const time = isoTime(now);
    const [day, name] = [time.slice(0, 10), `h${time.slice(11, 13)}`];
    latest = { resetAt, day, name, expiresAt: resetAt + RETENTION_SECONDS, counters: new Recent() };
  }
  return latest;
}

/**
 * Counts one call; returns the calls of this hour, that one included. `now` in epoch milliseconds. `limit`: above
 * which the call is refused.
 */
export function addCall(table: Table, accountId: string, now: number, limit?: number): Awaitable<CallsOfHour> {
  const { key, name, expiresAt } = hourCounter(accountId, now);
  return andThen(table.increment(key, name, expiresAt, limit), (count) => ({ count, resetAt: endOfHour(now) }));
}

/** Of a month, such as `2026-01`. One read. */
export async function readCalls(table: Table, accountId: string, month: string): Promise<number> {
  const { pk, sk: prefix } = keys.calls(accountId, month);
  const days = await table.counters(pk, prefix);
  return days.reduce((sum, day) => sum + callsOf(day), 0);
}

/** Of the present hour. One read. `now` in epoch milliseconds. */
export async function callsNow(table: Table, accountId: string, now: number): Promise<number> {
  const { key, name } = hourCounter(accountId, now);
  const [today] = await table.counters(key.pk, key.sk);
  return Number(today?.[name] ?? 0);
}

const callsOf = (day: Item): number =>
  Object.entries(day).reduce((sum, [name, count]) => (HOUR.test(name) ? sum + Number(count) : sum), 0);
