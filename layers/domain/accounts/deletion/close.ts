/**
 * An account is deleted in two phases. It is closed in one write; from then on it can only be deleted:
 *
 *     close ── access ends ── purge ── … nobody who was let in before can still be at work … ── purge ── record
 *
 * A closed account is in the index until its record is deleted, so that the sweep goes on where a crash interrupted.
 */
import { z } from 'zod';
import { NotFoundError } from '../../errors.ts';
import { indexes, keys } from '../../keys.ts';
import { ConditionFailedError } from '../../ports/errors.ts';
import type { Condition, Table } from '../../ports/table/port.ts';
import { isoTime } from '../../times.ts';

const MINUTE = 60_000;
/** After which nobody who was let in before is still at work: neither a function nor a trainer. */
const QUIET_MS = 30 * MINUTE;

export const closedAccount = z.object({
  id: z.string(),
  closed_at: z.string(),
  /** The last purge is made then, or later. */
  quiet_at: z.string(),
});
export type ClosedAccount = z.infer<typeof closedAccount>;

/** For writes that would let somebody in. */
export const isOpen: Condition = {
  kind: 'all',
  of: [{ kind: 'present' }, { kind: 'missing', attribute: 'closed_at' }],
};

/**
 * Closing it twice changes nothing. Throws `NotFoundError`.
 * @param tokenSeconds how long an access token is valid: calls with it are counted, although they are refused
 */
export async function closeAccount(
  table: Table,
  id: string,
  { now, tokenSeconds }: { readonly now: number; readonly tokenSeconds: number },
): Promise<ClosedAccount> {
  const quiet = now + Math.max(QUIET_MS, tokenSeconds * 1000 + MINUTE);
  const set = {
    closed_at: isoTime(now),
    quiet_at: isoTime(quiet),
    ipk: indexes.closedAccounts,
    isk: isoTime(now),
  };
  try {
    return closedAccount.parse(await table.update(keys.account(id), { set }, isOpen));
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  const closed = await findClosed(table, id);
  if (!closed) throw new NotFoundError(`Account ${id} not found`);
  return closed;
}

export async function findClosed(table: Table, id: string): Promise<ClosedAccount | undefined> {
  return closedAccount.safeParse(await table.get(keys.account(id))).data;
}

/** Closed accounts of which something is left to delete at `now`, those that have waited longest first. */
export async function dueDeletions(table: Table, now: number, limit: number): Promise<ClosedAccount[]> {
  const query = { index: 'byIndex', partition: indexes.closedAccounts, from: '0', to: isoTime(now), limit } as const;
  const { items } = await table.query(query);
  return items.map((item) => closedAccount.parse(item));
}
