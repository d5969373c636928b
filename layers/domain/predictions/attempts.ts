/**
 * The attempts at a batch prediction. A worker may be killed before it can report anything, so each attempt is counted
 * when it begins, and it counts unless it is taken back:
 *
 *     message ─ begin: count + 1, lease ─ predict ─ completed | failed
 *                                            ├─ store unavailable: end, count − 1; the message is redelivered
 *                                            ├─ error or too slow: end; the message is redelivered
 *                                            └─ worker lost: the lease expires
 *
 * While the lease holds, nobody else makes it, except by the same message: once a message is redelivered its worker is
 * gone. Each attempt writes the file from its beginning.
 */
import { blobKeys } from '../blob-keys.ts';
import { keys } from '../keys.ts';
import { markOrphaned } from '../orphans.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import type { Batch, BatchFailure } from './record.ts';

/** After so many attempts without a result it fails. */
export const MAX_ATTEMPTS = 3;

/** A file that nobody completes is deleted so long after its worker can no longer be running. */
const LATE_FILE_MS = 3_600_000;

export interface Worker {
  /** The id of the message that it handles. */
  readonly message: string;
  /** Epoch milliseconds after which it can no longer be running. */
  readonly until: number;
}

/** Queued or running. */
export const isActive: Condition = { kind: 'oneOf', attribute: 'status', values: ['queued', 'running'] };

/** This attempt is still the one that makes it. */
export const isCurrent = ({ attempts }: Batch): Condition => ({
  kind: 'all',
  of: [isActive, { kind: 'compare', attribute: 'attempts', op: '=', value: attempts }],
});

/** Whether somebody makes it at `now` (epoch milliseconds), apart from the worker that handles `message`. */
export const isBeingMade = ({ worker, worker_until }: Batch, now: number, message?: string): boolean =>
  worker_until !== undefined && worker_until > isoTime(now) && worker !== message;

export const isUsedUp = ({ attempts }: Batch): boolean => attempts >= MAX_ATTEMPTS;

/** The recorded attempt; `undefined` if somebody else makes it, or it is no longer active. */
export async function beginAttempt(table: Table, of: Batch, worker: Worker, now: number): Promise<Batch | undefined> {
  if (isBeingMade(of, now, worker.message)) return undefined;
  const set = {
    status: 'running' as const,
    worker: worker.message,
    worker_until: isoTime(worker.until),
    attempts: of.attempts + 1,
    rows_done: 0,
    started_at: of.started_at ?? isoTime(now),
  };
  const prefix = blobKeys.batchPrefix(of.account_id, of.id);
  try {
    await table.transact([
      { kind: 'update', key: keys.batch(of.account_id, of.id), change: { set }, condition: isCurrent(of) },
      markOrphaned('artifacts', prefix, worker.until + LATE_FILE_MS),
    ]);
    return { ...of, ...set };
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}

/** False: it was cancelled or deleted, or another attempt has begun. */
export async function reportRows(table: Table, of: Batch, rows: number): Promise<boolean> {
  return changed(table, of, { set: { rows_done: rows } });
}

/** Releases the lease. `counts`: whether it counts towards `MAX_ATTEMPTS`; if not, it is as if it had never begun. */
export async function endAttempt(
  table: Table,
  of: Batch,
  { counts, reason }: { readonly counts: boolean; readonly reason?: string },
  now: number,
): Promise<void> {
  await changed(table, of, {
    set: {
      worker_until: isoTime(now),
      ...(counts ? {} : { attempts: of.attempts - 1 }),
      ...(reason === undefined ? {} : { attempt_failure: reason }),
    },
  });
}

/** The reason for its owner why one whose attempts are used up has failed. */
export function usedUpFailure({ attempts, attempt_failure }: Batch): BatchFailure {
  const why = attempt_failure ?? 'it takes more memory or more time than a worker has, or its workers were killed';
  return { message: `The predictions could not be made in ${attempts} attempts: ${why}`, details: [] };
}

async function changed(table: Table, of: Batch, change: Parameters<Table['update']>[1]): Promise<boolean> {
  try {
    await table.update(keys.batch(of.account_id, of.id), change, isCurrent(of));
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
