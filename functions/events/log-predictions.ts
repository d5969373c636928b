/** Queue `logs`: writes what was predicted into files, many predictions at once. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { SQSEvent } from 'aws-lambda';
import { blobKeys } from '#domain/blob-keys.ts';
import { StorageLimitError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes, roomFor } from '#domain/installation/storage.ts';
import { type LogMessage, logMessage } from '#domain/messages.ts';
import { findModel } from '#domain/models/read.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { recordLogFile } from '#domain/prediction-log/files.ts';
import { uuidOf } from '#domain/prediction-log/ids.ts';
import { type LoggedRow, retentionOf } from '#domain/prediction-log/record.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { groupConsumer } from './batch.ts';

type LogContext = Pick<Adapters, 'table' | 'blobs' | 'now'> & {
  readonly logger: Log;
  readonly caps: Partial<Settings['caps']>;
};

const compressed = promisify(gzip);

export interface LogOptions {
  readonly logger: Log;
  readonly settings?: { readonly caps?: Partial<Settings['caps']> };
}

export function makeHandler(adapters: Pick<Adapters, 'table' | 'blobs' | 'queues' | 'now'>, options: LogOptions) {
  const of = { schema: logMessage, queue: adapters.queues.logs, logger: options.logger };
  const consume = groupConsumer(
    of,
    ({ account_id, model_id }: LogMessage) => `${account_id}/${model_id}`,
    (messages) => write({ ...adapters, logger: options.logger, caps: options.settings?.caps ?? {} }, messages),
  );
  return (event: SQSEvent) => consume(event);
}

/** Messages of one model. A message that is delivered twice is in two files: readers go by its prediction's id. */
async function write({ table, blobs, now, logger, caps }: LogContext, messages: readonly LogMessage[]): Promise<void> {
  const { account_id, model_id } = messages[0]!;
  const model = await findModel(table, account_id, model_id);
  if (!model) return logger.info('predictions not logged: their model is deleted', { model_id });
  const inTime = messages.toSorted((a, b) => (uuidOf(a.prediction_id) < uuidOf(b.prediction_id) ? -1 : 1));
  const lines = inTime.flatMap(linesOf);
  const plain = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const bytes = await compressed(plain);
  const [id, day] = [newId(now()), isoTime(now()).slice(0, 10)];
  const [first, last] = [inTime[0]!.prediction_id, inTime.at(-1)!.prediction_id];
  const file = { id, model_id, first, last, day, rows: lines.length, bytes: bytes.length };
  const room = roomFor(table, account_id, bytes.length, caps);
  const written = { account_id, file, plainBytes: plain.length, days: retentionOf(model), now: now(), room };
  const outcome = await refusedOr(async () => {
    await reserveBytes(table, account_id, bytes.length, caps);
    return recordLogFile(table, written);
  });
  if (typeof outcome === 'string') {
    const refusal = outcome;
    return logger.warn('predictions not logged: no more may be stored', { model_id, rows: lines.length, refusal });
  }
  if (!outcome) {
    return logger.warn('predictions not logged: the log of the day is full', { model_id, rows: lines.length });
  }
  const key = blobKeys.logFile(account_id, model_id, day, id);
  await blobs.artifacts.put(key, bytes, { contentType: 'application/gzip' });
}

/** What `run` resolves with, or why there is no room. */
async function refusedOr(run: () => Promise<boolean>): Promise<boolean | string> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StorageLimitError) return error.message;
    throw error;
  }
}

const linesOf = ({ prediction_id, at, rows }: LogMessage): LoggedRow[] =>
  rows.map((row) => ({ prediction_id, at, ...row }));
