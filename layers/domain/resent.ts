/**
 * When a record's message may have been lost, another one is sent, after twice as long each time. If the first message only
 * waits in a long queue, few others are added.
 */
import { z } from 'zod';
import { ConditionFailedError } from './ports/errors.ts';
import type { Condition, Key, Table } from './ports/table/port.ts';
import { isoTime } from './times.ts';

/** The attributes of such a record. */
export const resent = {
  /** When its message was last sent again, and how often that was. */
  resent_at: z.string().optional(),
  resends: z.number().int().optional(),
} as const;

interface Resent {
  readonly resent_at?: string | undefined;
  readonly resends?: number | undefined;
}

/**
 * Whether another message is due at `now`.
 * @param since when something last happened to the record
 * @param first how long to wait the first time; all in milliseconds
 */
export function isResendDue({ resent_at, resends = 0 }: Resent, since: number, now: number, first: number): boolean {
  const last = resent_at === undefined ? since : Math.max(since, Date.parse(resent_at));
  return now - last >= first * 2 ** resends;
}

/** Records that another message was sent, if the condition holds. */
export async function noteResend(
  table: Table,
  key: Key,
  { resends = 0 }: Resent,
  now: number,
  condition: Condition,
): Promise<void> {
  try {
    await table.update(key, { set: { resent_at: isoTime(now), resends: resends + 1 } }, condition);
  } catch (error) {
    // It was settled in the meantime.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
