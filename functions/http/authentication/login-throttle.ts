/**
 * Failed logins are counted per name and per address. An attempt is counted before the password is verified, so that
 * concurrent guesses count as well:
 *
 *     reserve ── verify ──┬─ wrong: the reservation stays, as a failure
 *                         └─ right: the name's count is deleted, the address's is decremented
 *
 * The first failure opens a window; when it has passed, the count expires.
 */
import { createHash } from 'node:crypto';
import { RateLimitError } from '#domain/errors.ts';
import { fold, keys } from '#domain/keys.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import type { Condition, Key, Table } from '#domain/ports/table/port.ts';
import type { Settings } from '#domain/settings.ts';
import { epochSeconds } from '#domain/times.ts';

export interface LoginAttempt {
  succeeded(): Promise<void>;
}

/** Throws `RateLimitError` if the name or the address has reached the limit. `now` in epoch milliseconds. */
export async function reserveLogin(
  table: Table,
  of: { readonly username: string; readonly address: string },
  rates: Settings['rates'],
  now: number,
): Promise<LoginAttempt> {
  const name = keys.rate(`login#name#${createHash('sha256').update(fold(of.username)).digest('hex')}`);
  const address = keys.rate(`login#address#${of.address}`);
  const reserved = await Promise.all([name, address].map((key) => reserve(table, key, rates, now)));
  const refused = [name, address].filter((_, index) => !reserved[index]);
  if (refused.length > 0) {
    await Promise.all([name, address].filter((_, index) => reserved[index]).map((key) => release(table, key)));
    throw new RateLimitError(await secondsLeft(table, refused, rates, now), 'Too many failed logins');
  }
  return {
    async succeeded() {
      await Promise.all([table.delete(name), release(table, address)]);
    },
  };
}

/** How often to try while concurrent logins open or close the window. */
const TRIES = 4;

async function reserve(table: Table, key: Key, rates: Settings['rates'], now: number): Promise<boolean> {
  const belowLimit: Condition = {
    kind: 'all',
    of: [{ kind: 'present' }, { kind: 'compare', attribute: 'failures', op: '<', value: rates.loginFailures }],
  };
  const opening = { ...key, failures: 1, expiresAt: epochSeconds(now) + rates.loginWindowSeconds };
  for (let tries = 0; tries < TRIES; tries++) {
    if (await succeeds(table.put(opening, { kind: 'absent' }))) return true;
    if (await succeeds(table.update(key, { add: { failures: 1 } }, belowLimit))) return true;
    const failures = (await table.get(key))?.failures;
    if (typeof failures === 'number' && failures >= rates.loginFailures) return false;
  }
  return false;
}

async function release(table: Table, key: Key): Promise<void> {
  await succeeds(table.update(key, { add: { failures: -1 } }, { kind: 'present' }));
}

async function secondsLeft(
  table: Table,
  refused: readonly Key[],
  rates: Settings['rates'],
  now: number,
): Promise<number> {
  const items = await Promise.all(refused.map((key) => table.get(key)));
  const ends = items.map((item) => item?.expiresAt ?? epochSeconds(now) + rates.loginWindowSeconds);
  return Math.max(...ends) - now / 1000;
}

async function succeeds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
