/** The files of a model's log: their records, what was logged on a day, and which file has a prediction. */
import type { Room } from '../accounts/usage/room.ts';
import { addBytes } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import { UnavailableError } from '../errors.ts';
import { idsFrom } from '../ids.ts';
import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { dueDriftCheck } from './drift-checks.ts';
import { uuidOf } from './ids.ts';
import { type LogFile, logFile } from './record.ts';

const DAY_MS = 86_400_000;
/** For which the count of a day outlives its files: the sweep subtracts it when it deletes them. */
const COUNT_DAYS = 30;

/** When the files and records of a day are deleted, in epoch milliseconds. */
export const expiryOf = (day: string, days: number): number => Date.parse(`${day}T00:00:00Z`) + (days + 1) * DAY_MS;

const hasRoom: Condition = {
  kind: 'any',
  of: [
    { kind: 'missing', attribute: 'bytes' },
    { kind: 'compare', attribute: 'bytes', op: '<', value: LIMITS.predictionLog.bytesPerDay },
  ],
};

/** What is written of a file. */
export interface Written {
  readonly account_id: string;
  readonly file: LogFile;
  /** Before compression. */
  readonly plainBytes: number;
  /** For which it is stored. */
  readonly days: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly room?: Room | undefined;
}

/** Adds bytes of the log to what the account stores, or subtracts them. */
export const countLog = (accountId: string, bytes: number, condition: Condition = { kind: 'present' }): Write => ({
  kind: 'update',
  key: keys.account(accountId),
  change: { add: addBytes('log_bytes', bytes) },
  condition,
});

/**
 * Records a file before it is written, and marks the files of its day as orphaned from when they expire: the sweep deletes
 * them then. Its bytes count for the account, and the model's inputs are compared with its training data soon. False: the
 * model was deleted, or has logged as much as it may on that day. Throws what `room` throws.
 */
export async function recordLogFile(table: Table, written: Written): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const recorded = await tryRecord(table, written, await written.room?.());
    if (recorded !== 'again') return recorded;
  }
  throw new UnavailableError(
    `what account ${written.account_id} stores changed ${TRIES} times while a log was written`,
  );
}

/** How often what an account stores may change while a file is recorded. */
const TRIES = 20;
/** The place of the account's bytes in the transaction. */
const COUNTED = 2;

async function tryRecord(
  table: Table,
  { account_id, file, plainBytes, days, now }: Written,
  inAccount: Condition | undefined,
): Promise<boolean | 'again'> {
  const { model_id, day, id, last, rows } = file;
  const due = expiryOf(day, days);
  const expiresAt = due / 1000;
  try {
    await table.transact([
      { kind: 'check', key: keys.model(account_id, model_id), condition: { kind: 'present' } },
      {
        kind: 'update',
        key: keys.logDay(account_id, model_id, day),
        change: {
          add: { bytes: plainBytes, rows, stored_bytes: file.bytes },
          set: { expiresAt: expiresAt + (COUNT_DAYS * DAY_MS) / 1000 },
        },
        condition: hasRoom,
      },
      countLog(account_id, file.bytes, inAccount),
      dueDriftCheck(account_id, model_id, now),
      { kind: 'put', item: { ...keys.logFile(account_id, model_id, uuidOf(last), id), ...file, expiresAt } },
      markOrphaned('artifacts', blobKeys.logPrefix(account_id, model_id, day), due),
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    return inAccount !== undefined && Math.min(...error.failed) === COUNTED ? 'again' : false;
  }
}

const PAGE = 1000;

/** Those with predictions of that time, in epoch milliseconds, oldest first. */
export async function* logFilesOf(
  table: Table,
  accountId: string,
  modelId: string,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<LogFile, void, undefined> {
  const prefix = prefixes.logFiles(modelId);
  const query = { partition: keys.logDay(accountId, modelId, '').pk, from: prefix + idsFrom(from), to: `${prefix}~` };
  const end = idsFrom(to + 1);
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const item of page.items) {
      const file = logFile.parse(item);
      // In the order of their last predictions: a later file may still begin earlier, but for as long as messages wait.
      if (uuidOf(file.first) < end) yield file;
      else if (uuidOf(file.first) > idsFrom(to + LATE_MS)) return;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** A message may wait so long before its prediction is in a file. */
export const LATE_MS = 900_000;
