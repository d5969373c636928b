/** How many streams of events an account has open at once. */
import { RateLimitError } from '../errors.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';

/** How long one is open. */
export const STREAM_SECONDS = 60;

/** The place of a stream whose process died is free again after so many seconds. */
const PLACE_SECONDS = STREAM_SECONDS + 15;

/**
 * Takes one of the account's places. Resolves with a function that gives it back.
 * @param owner unique for each stream
 * @throws RateLimitError if all are taken
 */
export async function takeStream(
  table: Table,
  accountId: string,
  owner: string,
  now: number,
): Promise<() => Promise<void>> {
  const expiresAt = epochSeconds(now) + PLACE_SECONDS;
  for (let place = 1; place <= LIMITS.streams; place++) {
    const key = keys.stream(accountId, place);
    try {
      await table.put({ ...key, owner, expiresAt }, { kind: 'absent' });
      return () => giveBack(table, accountId, place, owner);
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
    }
  }
  throw new RateLimitError(
    STREAM_SECONDS,
    `At most ${LIMITS.streams} streams of events may be open at once; got ${LIMITS.streams + 1}`,
  );
}

async function giveBack(table: Table, accountId: string, place: number, owner: string): Promise<void> {
  const isOwn: Condition = { kind: 'compare', attribute: 'owner', op: '=', value: owner };
  try {
    await table.delete(keys.stream(accountId, place), isOwn);
  } catch (error) {
    // It had expired, and may be another's by now.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
