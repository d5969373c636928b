/**
 * Limits guesses of passwords. Failed logins are counted in three ways, each in a window that begins with the first
 * failure:
 *
 *     counted                       limit    beyond it, refused for the rest of the window
 *     a name from one address           5    that name from that address
 *     all names from one address       25    names that have not logged in from that address recently
 *     a name from all addresses        25    that name from addresses from which it has not logged in recently
 *
 * So a person is not locked out by somebody who guesses from elsewhere, and people who share an address are not locked out
 * by one of them who mistypes a password. Many addresses, or many names, do not allow more guesses. Recently means within
 * the last 30 days. If a name has logged in from an address recently, its failures there count in the first row only.
 *
 * An attempt is counted before the password is verified, as a failure that is pending, so that concurrent guesses count
 * as well:
 *
 *     reserve ── verify ──┬─ wrong: no longer pending, a failure
 *                         └─ right: the first count is reset, the other two are decremented
 *
 * Where a limit is reached only because of pending ones, an attempt waits for them: many right logins at once all succeed,
 * and of many guesses at once none is made beyond the limit.
 *
 * The rows are reserved in order, so that an attempt which the first row refuses never counts in the others.
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { RateLimitError } from '#domain/errors.ts';
import { fold, keys } from '#domain/keys.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import type { Condition, Key, Table } from '#domain/ports/table/port.ts';
import type { Settings } from '#domain/settings.ts';
import { epochSeconds } from '#domain/times.ts';

type Rates = Settings['rates'];

export interface LoginAttempt {
  succeeded(): Promise<void>;
  failed(): Promise<void>;
  /** Nothing was tried after all. */
  cancelled(): Promise<void>;
}

/** What is guessed: by default the password of a user, or that of a model in the vault, by whatever names it. */
export interface Guessed {
  readonly kind?: 'login' | 'vault';
  readonly username: string;
  readonly address: string;
}

const MESSAGES = { login: 'Too many failed logins', vault: 'Too many wrong passwords' } as const;

type Pause = (milliseconds: number) => Promise<unknown>;

/** Throws `RateLimitError` if a limit is reached. `now` in epoch milliseconds. */
export async function reserveLogin(
  table: Table,
  of: Guessed,
  rates: Rates,
  now: number,
  pause: Pause = setTimeout,
): Promise<LoginAttempt> {
  const { kind = 'login' } = of;
  const name = sha256(fold(of.username));
  const pair = sha256(`${name} ${of.address}`);
  const known = keys.rate(`${kind}#known#${pair}`);
  const own = { key: keys.rate(`${kind}#pair#${pair}`), limit: rates.loginFailures };
  const shared = (await table.get(known))
    ? []
    : [
        { key: keys.rate(`${kind}#address#${of.address}`), limit: rates.loginFailuresPerAddress },
        { key: keys.rate(`${kind}#name#${name}`), limit: rates.loginFailuresPerName },
      ];

  const reserved: Key[] = [];
  for (const { key, limit } of [own, ...shared]) {
    if (await reserve(table, key, limit, rates, now, pause)) reserved.push(key);
    else {
      await Promise.all(reserved.map((one) => release(table, one)));
      throw new RateLimitError(await secondsLeft(table, key, rates, now), MESSAGES[kind]);
    }
  }
  return {
    async succeeded() {
      await Promise.all([
        succeeds(table.update(own.key, { set: { failures: 0 }, add: { pending: -1 } }, { kind: 'present' })),
        ...shared.map(({ key }) => release(table, key)),
        table.put({ ...known, expiresAt: epochSeconds(now) + rates.loginKnownSeconds }),
      ]);
    },
    async failed() {
      await Promise.all(
        reserved.map((key) => succeeds(table.update(key, { add: { pending: -1 } }, { kind: 'present' }))),
      );
    },
    async cancelled() {
      await Promise.all(reserved.map((key) => release(table, key)));
    },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** By how much the clocks of those who count may differ. */
const CLOCK_SECONDS = 60;

/** How often to try while the window expires, or concurrent logins succeed at the limit. */
const TRIES = 4;

/** How often to wait for pending attempts, and for how many milliseconds at the most: longer than a few take. */
const WAITS = 60;
const WAIT_MS = 200;

/**
 * A count is never deleted, only reset, so it exists until its window expires. Of concurrent attempts one opens the
 * window, and the others find it.
 */
async function reserve(
  table: Table,
  key: Key,
  limit: number,
  rates: Rates,
  now: number,
  pause: Pause,
): Promise<boolean> {
  const nonePending: Condition = {
    kind: 'any',
    of: [{ kind: 'missing', attribute: 'pending' }, count('pending', '<=', 0)],
  };
  const end = epochSeconds(now) + rates.loginWindowSeconds;
  // A window that would end after one that begins now is of a clock that has gone back since.
  const ahead: Condition = { kind: 'compare', attribute: 'expiresAt', op: '>', value: end + CLOCK_SECONDS };
  const noFailure: Condition = {
    kind: 'any',
    of: [{ kind: 'absent' }, { kind: 'all', of: [failures('<=', 0), nonePending] }, ahead],
  };
  const belowLimit: Condition = { kind: 'all', of: [{ kind: 'present' }, failures('<', limit)] };
  const opening = { ...key, failures: 1, pending: 1, expiresAt: end };
  let waits = 0;
  for (let tries = 0; tries < TRIES + waits; tries++) {
    if (await succeeds(table.put(opening, noFailure))) return true;
    if (await succeeds(table.update(key, { add: { failures: 1, pending: 1 } }, belowLimit))) return true;
    const found = await table.get(key);
    if (Number(found?.failures ?? 0) < limit) continue;
    if (Number(found?.pending ?? 0) <= 0 || waits >= WAITS) return false;
    waits += 1;
    await pause(Math.random() * WAIT_MS);
  }
  return false;
}

async function release(table: Table, key: Key): Promise<void> {
  await succeeds(
    table.update(
      key,
      { add: { failures: -1, pending: -1 } },
      { kind: 'all', of: [{ kind: 'present' }, failures('>', 0)] },
    ),
  );
}

type Op = '<' | '<=' | '>';

const count = (attribute: 'failures' | 'pending', op: Op, value: number): Condition => ({
  kind: 'compare',
  attribute,
  op,
  value,
});

const failures = (op: Op, value: number): Condition => count('failures', op, value);

async function secondsLeft(table: Table, key: Key, rates: Rates, now: number): Promise<number> {
  const end = (await table.get(key))?.expiresAt ?? epochSeconds(now) + rates.loginWindowSeconds;
  return end - now / 1000;
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
