/**
 * Calls of a manager that were refused since their account had made too many: an entry for each would be what the limit
 * prevents. They are counted, and the schedule appends one entry for each hour and caller once the hour is over:
 *
 *     first refused call ── count 1, NOTE due at the end of the hour ── more ── count n
 *     schedule           ── transact: entry with the count, NOTE deleted
 */
import { z } from 'zod';
import { indexes, keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { type Actor, type Audited, appendAudit } from './audit.ts';
import { itemOf } from './item.ts';

const HOUR_MS = 3_600_000;
/** The schedule may come late. */
const KEPT_SECONDS = 7 * 86_400;
const NAME = 'calls';

const note = z.object({
  account_id: z.string(),
  manager_id: z.string(),
  /** When the hour began. */
  since: z.string(),
  /** Who, and where the first of these calls came from. */
  by: z.object({ userId: z.string(), address: z.string(), requestId: z.string() }),
});
type Note = z.infer<typeof note>;

const keyOf = ({ account_id, manager_id, since, by }: Note) =>
  keys.vaultRefusedCalls(account_id, manager_id, since, by.userId);

export async function countRefusedCall(table: Table, of: Audited, by: Actor, now: number): Promise<void> {
  const began = Math.floor(now / HOUR_MS) * HOUR_MS;
  const refused: Note = { account_id: of.account_id, manager_id: of.id, since: isoTime(began), by };
  const expiresAt = epochSeconds(began) + KEPT_SECONDS;
  if ((await table.increment(keyOf(refused), NAME, expiresAt)) > 1) return;
  const index = { ipk: indexes.refusedCalls, isk: isoTime(began + HOUR_MS), expiresAt };
  await table.put(itemOf(keyOf(refused), { ...refused, ...index }));
}

/** Appends the entries of hours that were over at `now` (epoch milliseconds). */
export async function auditRefusedCalls(table: Table, now: () => number, limit: number): Promise<void> {
  const due = { index: 'byIndex', partition: indexes.refusedCalls, from: '0', to: isoTime(now()), limit } as const;
  for (const item of (await table.query(due)).items) {
    const refused = note.parse(item);
    const key = keyOf(refused);
    const [counted] = await table.counters(key.pk, key.sk);
    const facts = { calls: Number(counted?.[NAME] ?? 1), since: refused.since };
    const event = { action: 'calls_refused', success: false, reason: 'rate_limit_exceeded', facts } as const;
    const of = { account_id: refused.account_id, id: refused.manager_id };
    try {
      await appendAudit(table, of, refused.by, event, now, [{ kind: 'delete', key, condition: { kind: 'present' } }]);
    } catch (error) {
      // Another run has appended it.
      if (!(error instanceof TransactionFailedError)) throw error;
    }
  }
}
