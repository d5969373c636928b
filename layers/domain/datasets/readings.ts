/**
 * The readings of a dataset's file. A reader may be killed before it can report anything: by a file that needs more memory
 * or time than there is, or by `kill -9`. So each reading is counted when it begins, and it counts unless it is taken back:
 *
 *     message ─ begin: count + 1, lease ─ read ─ ready | failed
 *                                           ├─ store unavailable: end, count − 1; the message is redelivered
 *                                           ├─ time is over: checkpoint, end, count − 1; another message goes on with it
 *                                           ├─ error or too slow: end; the message is redelivered
 *                                           └─ reader lost: the lease expires
 *
 * While the lease holds, nobody else reads the file, except by the same message: a queue hides a message while it is in
 * flight, so once it is redelivered its reader is gone.
 */

import { keys } from '../keys.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { acquireSlot, slotsToTry } from './reading-slots.ts';
import type { Dataset, DatasetFailure } from './record.ts';

/** After so many readings without a result the dataset fails. */
export const MAX_READINGS = 3;

export interface Reader {
  /** The id of the message that it handles. */
  readonly message: string;
  /** Epoch milliseconds after which it can no longer be running. */
  readonly until: number;
}

/**
 * The recorded reading. `claimed`: somebody else reads the file, or the dataset is no longer processing. `busy`: so many
 * files of the account are being read already that it may have no more.
 */
export type Begun = Reading | 'claimed' | 'busy';
export type Reading = Dataset & { readonly reader: string; readonly reader_slot: number; readonly readings: number };

const is = (attribute: string, value: string | number): Condition => ({ kind: 'compare', attribute, op: '=', value });
const missing = (attribute: string): Condition => ({ kind: 'missing', attribute });

/** Nobody has begun or ended a reading since the record was loaded. */
const asRead = ({ readings, reader }: Dataset): Condition => ({
  kind: 'all',
  of: [
    is('status', 'processing'),
    readings === undefined ? missing('readings') : is('readings', readings),
    reader === undefined ? missing('reader') : is('reader', reader),
  ],
});

/** Whether somebody reads it at `now` (epoch milliseconds), apart from the reader that handles `message`. */
export const isBeingRead = ({ reader, reader_until }: Dataset, now: number, message?: string): boolean =>
  reader_until !== undefined && reader_until > isoTime(now) && reader !== message;

export const isUsedUp = ({ readings = 0 }: Dataset): boolean => readings >= MAX_READINGS;

/** @param readers how many files are read at once, over all accounts */
export async function beginReading(
  table: Table,
  of: Dataset,
  { message, until }: Reader,
  { now, readers }: { readonly now: number; readonly readers: number },
): Promise<Begun> {
  if (isBeingRead(of, now, message)) return 'claimed';
  const key = keys.dataset(of.account_id, of.id);
  for (const slot of slotsToTry(of, readers)) {
    const set = { reader: message, reader_until: isoTime(until), reader_slot: slot, readings: (of.readings ?? 0) + 1 };
    try {
      await table.transact([
        { kind: 'update', key, change: { set }, condition: asRead(of) },
        acquireSlot(of, slot, until),
      ]);
      return { ...of, ...set };
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      if (error.failed.includes(0)) return 'claimed';
    }
  }
  return 'busy';
}

/** A reading that ended without a result. */
export interface ReadingEnd {
  /** Whether it counts towards `MAX_READINGS`. If not, it is as if it had never begun. */
  readonly counts: boolean;
  /** Why, for the dataset's owner. */
  readonly reason?: string;
  /** How many parts are read, if it ended at a checkpoint. */
  readonly parts?: number;
}

/**
 * Releases the lease. Does nothing if somebody else has begun, or the dataset is no longer processing or was deleted.
 * @returns whether it did something
 */
export async function endReading(
  table: Table,
  of: Reading,
  { counts, reason, parts }: ReadingEnd,
  now: number,
): Promise<boolean> {
  const change: Change = {
    set: {
      reader_until: isoTime(now),
      ...(counts ? {} : { readings: of.readings - 1 }),
      ...(reason === undefined ? {} : { reading_failure: reason }),
      ...(parts === undefined ? {} : { reading_parts: parts }),
    },
  };
  try {
    await table.update(keys.dataset(of.account_id, of.id), change, asRead(of));
    return true;
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    return false;
  }
}

/** The reason for its owner why a file whose readings are used up has failed. */
export function usedUpFailure({ readings = 0, reading_failure }: Dataset): DatasetFailure {
  const why =
    reading_failure ?? 'reading it takes more memory or more time than a reader has, or its readers were killed';
  return { message: `The file could not be read in ${readings} attempts: ${why}`, details: [] };
}
