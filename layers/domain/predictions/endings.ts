/** How a batch prediction ends, and how it is deleted. */
import { addBytes } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import { ConflictError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { indexes, keys } from '../keys.ts';
import { deleteListed } from '../lists/change.ts';
import { endUse } from '../models/in-use.ts';
import { clearOrphanMark, markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { isActive, isCurrent } from './attempts.ts';
import { type BatchEnding, batchEnded } from './events.ts';
import { batchLists } from './lists.ts';
import { getBatch } from './read.ts';
import type { Batch, BatchFailure, BatchWarning } from './record.ts';

/** Milliseconds after a cancellation in which a worker that has not noticed it may still write the file. */
const LATE_FILE_MS = 15 * 60_000;

interface End {
  readonly status: BatchEnding;
  readonly ended_at: string;
  readonly failure?: BatchFailure;
  readonly rows_done?: number;
  readonly file_size?: number;
  readonly sha256?: string;
  readonly warnings?: BatchWarning[];
}

/** Each resolves with the event to publish, or with `undefined` if it had ended or another attempt has begun. */
export function completeBatch(
  table: Table,
  of: Batch,
  file: {
    readonly rows: number;
    readonly size: number;
    readonly sha256: string;
    readonly warnings?: readonly BatchWarning[];
  },
  now: string,
): Promise<DomainEvent | undefined> {
  const { rows, size, sha256, warnings = [] } = file;
  const made = { rows_done: rows, file_size: size, sha256, warnings: [...warnings] };
  const set = { status: 'completed' as const, ended_at: now, ...made };
  return end(table, of, set, isCurrent(of), clearOrphanMark('artifacts', prefixOf(of)));
}

export function failBatch(table: Table, of: Batch, failure: BatchFailure, now: string) {
  return end(table, of, { status: 'failed', ended_at: now, failure }, isCurrent(of), orphaned(of, Date.parse(now)));
}

/** Whatever its attempt. */
export function cancelBatch(table: Table, of: Batch, now: string): Promise<DomainEvent | undefined> {
  const due = Date.parse(now) + LATE_FILE_MS;
  return end(table, of, { status: 'cancelled', ended_at: now }, isActive, orphaned(of, due));
}

async function end(table: Table, of: Batch, set: End, condition: Condition, mark: Write) {
  const event = batchEnded({ ...of, ...set }, set.ended_at);
  const bytes = set.file_size === undefined ? {} : addBytes('prediction_bytes', set.file_size);
  try {
    await table.transact([
      {
        kind: 'update',
        key: keys.batch(of.account_id, of.id),
        change: { set: { ...set, ipk: indexes.endedBatches, isk: set.ended_at } },
        condition,
      },
      {
        kind: 'update',
        key: keys.account(of.account_id),
        change: { add: { active_batches: -1, ...bytes } },
        condition: { kind: 'present' },
      },
      {
        kind: 'update',
        key: keys.dataset(of.account_id, of.dataset_id),
        change: { add: { in_use: -1 } },
        condition: { kind: 'present' },
      },
      endUse(of.account_id, of.model_id),
      mark,
      recordEvent(event),
    ]);
    return event;
  } catch (error) {
    if (error instanceof TransactionFailedError && error.failed.includes(0)) return undefined;
    throw error;
  }
}

/** Deletes one that has ended, and marks its file as orphaned. Throws `NotFoundError`, `ConflictError`. */
export async function deleteBatch(table: Table, accountId: string, id: string, now: number): Promise<void> {
  const ended: Condition = { kind: 'oneOf', attribute: 'status', values: ['completed', 'failed', 'cancelled'] };
  try {
    await deleteListed(
      table,
      batchLists,
      accountId,
      () => getBatch(table, accountId, id),
      (of) => [
        { kind: 'delete', key: keys.batch(accountId, id), condition: ended },
        orphaned(of, now),
        {
          kind: 'update',
          key: keys.account(accountId),
          change: { add: addBytes('prediction_bytes', -(of.file_size ?? 0)) },
          condition: { kind: 'present' },
        },
      ],
    );
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const { status } = await getBatch(table, accountId, id);
    throw new ConflictError(`Batch prediction ${id} cannot be deleted while it is ${status}: cancel it first`);
  }
}

const prefixOf = (of: Batch): string => blobKeys.batchPrefix(of.account_id, of.id);

const orphaned = (of: Batch, due: number): Write => markOrphaned('artifacts', prefixOf(of), due);
