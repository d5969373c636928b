/**
 * Which models are to be compared with what they were trained on: those that logged predictions since they were compared
 * last. That is within a minute, and then every five minutes at most, however much is logged.
 *
 *     file ── due ──► check: compared ──► event, unless the same was reported within a day
 *                       └ too soon after the last: due later
 */
import { z } from 'zod';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { indexes, keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';

/** From the end of a comparison to the next one of the same model. */
const EVERY_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** Of those that are due, which are looked at in one call. */
const LOOKED_AT = 100;

const driftCheck = z.object({
  account_id: z.string(),
  model_id: z.string(),
  /** When it became due: each file that is logged says so anew. */
  isk: z.string(),
  /** When the model was compared last. */
  checked_at: z.string().optional(),
  /** Of the last day: what drifted, and when that was reported. */
  reported: z.array(z.object({ what: z.array(z.string()), at: z.string() })).default([]),
});
export type DriftCheck = z.infer<typeof driftCheck>;

/** A write for the transaction that logs predictions at `now`, in epoch milliseconds. */
export function dueDriftCheck(account_id: string, model_id: string, now: number): Write {
  const place = { ipk: indexes.driftChecks, isk: isoTime(now) };
  return {
    kind: 'update',
    key: keys.driftCheck(account_id, model_id),
    change: { set: { account_id, model_id, ...place } },
  };
}

/** Those that are due at `now` (epoch milliseconds), oldest first. Others, which are due too soon, are put off. */
export async function dueDriftChecks(table: Table, now: number, limit: number): Promise<DriftCheck[]> {
  const range = { partition: indexes.driftChecks, from: '0', to: isoTime(now) };
  const { items } = await table.query({ index: 'byIndex', ...range, limit: LOOKED_AT });
  const due: DriftCheck[] = [];
  for (const check of items.map((item) => driftCheck.parse(item))) {
    const next = Date.parse(check.checked_at ?? isoTime(0)) + EVERY_MS;
    if (next > now) await changed(table, check, { set: { isk: isoTime(next) } });
    else due.push(check);
    if (due.length === limit) break;
  }
  return due;
}

/** Whether the same was reported less than a day before `now`. */
export const isReported = ({ reported }: DriftCheck, what: readonly string[], now: number): boolean =>
  ofLastDay(reported, now).some((one) => isSame(one.what, what));

/**
 * Ends a check, and records the event with what it reports. What was logged meanwhile is looked at later. False if the model
 * is gone, or another call was faster.
 */
export async function endDriftCheck(
  table: Table,
  check: DriftCheck,
  now: number,
  found?: { readonly what: readonly string[]; readonly event: DomainEvent },
): Promise<boolean> {
  const last = ofLastDay(check.reported, now);
  const reported = found ? [...last, { what: [...found.what], at: isoTime(now) }] : last;
  const set = { reported, checked_at: isoTime(now) };
  const more: Write[] = found
    ? [
        { kind: 'check', key: keys.model(check.account_id, check.model_id), condition: { kind: 'present' } },
        recordEvent(found.event),
      ]
    : [];
  const ended = await changed(table, check, { set, remove: ['ipk', 'isk'] }, more);
  return ended || (await changedSince(table, check, { set: { ...set, isk: isoTime(now + EVERY_MS) } }, more));
}

/** False if it is not as it was read. */
const changed = (table: Table, check: DriftCheck, change: Change, more: readonly Write[] = []): Promise<boolean> =>
  written(table, check, change, { kind: 'compare', attribute: 'isk', op: '=', value: check.isk }, more);

/** The same where more was logged since it was read. */
function changedSince(table: Table, check: DriftCheck, change: Change, more: readonly Write[]): Promise<boolean> {
  const { checked_at } = check;
  const unchecked: Condition =
    checked_at === undefined
      ? { kind: 'missing', attribute: 'checked_at' }
      : { kind: 'compare', attribute: 'checked_at', op: '=', value: checked_at };
  const isDue: Condition = { kind: 'compare', attribute: 'isk', op: '>', value: check.isk };
  return written(table, check, change, { kind: 'all', of: [isDue, unchecked] }, more);
}

async function written(
  table: Table,
  { account_id, model_id }: DriftCheck,
  change: Change,
  condition: Condition,
  more: readonly Write[],
): Promise<boolean> {
  try {
    await table.transact([{ kind: 'update', key: keys.driftCheck(account_id, model_id), change, condition }, ...more]);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailedError) return false;
    throw error;
  }
}

const ofLastDay = (reported: DriftCheck['reported'], now: number) =>
  reported.filter(({ at }) => now - Date.parse(at) < DAY_MS);

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  new Set(some).symmetricDifference(new Set(others)).size === 0;
