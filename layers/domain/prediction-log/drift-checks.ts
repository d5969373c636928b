/**
 * Which models are to be compared with what they were trained on: those that logged predictions since they were compared
 * last. At most once in a quarter of an hour, however much is logged.
 *
 *     file ── due at the end of the quarter ──► sweep: compared ──► event, unless the same was reported within a day
 */
import { z } from 'zod';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { indexes, keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';

const EVERY_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

const driftCheck = z.object({
  account_id: z.string(),
  model_id: z.string(),
  isk: z.string(),
  /** Of the last day: what drifted, and when that was reported. */
  reported: z.array(z.object({ what: z.array(z.string()), at: z.string() })).default([]),
});
export type DriftCheck = z.infer<typeof driftCheck>;

/** A write for the transaction that logs predictions at `now`, in epoch milliseconds. */
export function dueDriftCheck(account_id: string, model_id: string, now: number): Write {
  const due = Math.ceil(now / EVERY_MS) * EVERY_MS;
  const place = { ipk: indexes.driftChecks, isk: isoTime(due) };
  return {
    kind: 'update',
    key: keys.driftCheck(account_id, model_id),
    change: { set: { account_id, model_id, ...place } },
  };
}

/** Those that are due at `now` (epoch milliseconds), oldest first. */
export async function dueDriftChecks(table: Table, now: number, limit: number): Promise<DriftCheck[]> {
  const range = { partition: indexes.driftChecks, from: '0', to: isoTime(now) };
  const { items } = await table.query({ index: 'byIndex', ...range, limit });
  return items.map((item) => driftCheck.parse(item));
}

/** Whether the same was reported less than a day before `now`. */
export const isReported = ({ reported }: DriftCheck, what: readonly string[], now: number): boolean =>
  ofLastDay(reported, now).some((one) => isSame(one.what, what));

/**
 * Ends a check, and records the event with what it reports. False if the model is gone, or has logged more meanwhile: the
 * next check finds the same.
 */
export async function endDriftCheck(
  table: Table,
  { account_id, model_id, isk, reported }: DriftCheck,
  now: number,
  found?: { readonly what: readonly string[]; readonly event: DomainEvent },
): Promise<boolean> {
  const last = ofLastDay(reported, now);
  const all = found ? [...last, { what: [...found.what], at: isoTime(now) }] : last;
  try {
    await table.transact([
      {
        kind: 'update',
        key: keys.driftCheck(account_id, model_id),
        change: { set: { reported: all }, remove: ['ipk', 'isk'] },
        condition: { kind: 'compare', attribute: 'isk', op: '=', value: isk },
      },
      ...(found
        ? [
            { kind: 'check', key: keys.model(account_id, model_id), condition: { kind: 'present' } } as const,
            recordEvent(found.event),
          ]
        : []),
    ]);
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
