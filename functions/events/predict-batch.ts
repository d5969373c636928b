/** Queue `predictions`: makes a batch prediction. */
import { createHash, type Hash } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { Context, SQSEvent } from 'aws-lambda';
import { blobKeys } from '#domain/blob-keys.ts';
import { readStoredProfile } from '#domain/datasets/read-profile.ts';
import { DamagedFileError, NotFoundError, UnavailableError, ValidationError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events/event.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { type BatchMessage, batchMessage } from '#domain/messages.ts';
import { getModel } from '#domain/models/read.ts';
import { deleteOrphans } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import {
  beginAttempt,
  endAttempt,
  isBeingMade,
  isUsedUp,
  reportRows,
  usedUpFailure,
} from '#domain/predictions/attempts.ts';
import { completeBatch, failBatch } from '#domain/predictions/endings.ts';
import { findBatch } from '#domain/predictions/read.ts';
import type { Batch, BatchFailure } from '#domain/predictions/record.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { timeLeft } from '#functions/time-left.ts';
import { predictCsv } from '#learning/batch/predict-csv.ts';
import { batchRows } from '#learning/batch/rows.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import { type Input, makePredictor, type Predictor } from '#learning/predictor.ts';
import { openSource } from '#learning/source.ts';
import { consumer } from './batch.ts';
import { openScratch } from './scratch.ts';

export type PredictBatchAdapters = Pick<Adapters, 'table' | 'blobs' | 'queues' | 'events' | 'now'>;

export interface PredictBatchOptions {
  readonly logger: Log;
  /** Aborts when the host is about to end this worker, which is no fault of the batch. */
  readonly closing?: AbortSignal;
  /** On a disk, for a copy of a file that must lie on one. Default: the folder of temporary files. */
  readonly folder?: string;
}

type BatchContext = PredictBatchAdapters & PredictBatchOptions & { readonly predictor: Predictor };

/** An attempt ends so long before the function's time limit, so that there is time to record it. */
const MARGIN_MS = 10_000;
/** The least time between two reports of how far it is. */
const REPORT_MS = 1000;

/** Somebody else has ended it, or makes it. */
class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

/** The attempt has failed; the next one may not. */
class AttemptFailedError extends Error {
  override readonly name = 'AttemptFailedError';
}

export function makeHandler(adapters: PredictBatchAdapters, options: PredictBatchOptions) {
  const of = { schema: batchMessage, queue: adapters.queues.predictions, logger: options.logger };
  const predictor = makePredictor({ artifacts: adapters.blobs.artifacts });
  const context = { ...adapters, ...options, predictor };
  return (event: SQSEvent, call: Pick<Context, 'getRemainingTimeInMillis'>) =>
    consumer(of, (message: BatchMessage, id) => {
      const milliseconds = call.getRemainingTimeInMillis();
      return predictBatch(context, message, { id, milliseconds });
    })(event);
}

async function predictBatch(
  context: BatchContext,
  { account_id, batch_id }: BatchMessage,
  { id, milliseconds }: { readonly id: string; readonly milliseconds: number },
): Promise<void> {
  const { table, now, logger } = context;
  const found = await findBatch(table, account_id, batch_id);
  if (found?.status !== 'queued' && found?.status !== 'running') return;
  if (isUsedUp(found) && !isBeingMade(found, now(), id)) return fail(context, found, usedUpFailure(found));
  const begun = await beginAttempt(table, found, { message: id, until: now() + milliseconds }, now());
  if (!begun) return logger.info('batch prediction is made by another message', { batch_id });
  try {
    await make(context, begun, milliseconds - MARGIN_MS);
  } catch (error) {
    await failed(context, begun, error);
  }
}

async function make(context: BatchContext, of: Batch, milliseconds: number): Promise<void> {
  const { table, blobs, now, closing } = context;
  const { account_id, id } = of;
  const [model, profile] = await Promise.all([getModel(table, account_id, of.model_id), profileOf(context, of)]);
  const serving = await context.predictor.describe(model);
  const timeout = timeLeft(milliseconds);
  const signal = closing ? AbortSignal.any([closing, timeout]) : timeout;
  const bytes = await StoredBytes.open(blobs.datasets, blobKeys.datasetFile(account_id, of.dataset_id), {
    signal,
    verifiedAs: `The file of dataset ${of.dataset_id}`,
  });
  const hash = createHash('sha256');
  // A store may report an error of what it is given as one of its own.
  const fault: { of?: unknown } = {};
  let [done, reported] = [0, now()];
  const options = { probabilities: of.probabilities, variant: of.variant ?? 'float32' };
  await using scratch = await openScratch(context.folder ?? tmpdir());
  const source = openSource(bytes, { folder: scratch.folder });
  const onRows = async (count: number): Promise<void> => {
    done = count;
    if (now() - reported < REPORT_MS) return;
    reported = now();
    if (!(await reportRows(table, of, done))) throw new OvertakenError(`batch prediction ${id} has ended`);
  };
  try {
    const rows = await batchRows(source, { profile, serving, include: of.include });
    const predict = async (inputs: readonly Input[]) => context.predictor.predict(model, inputs, options);
    const file = hashed(predictCsv(rows, { serving, options, predict, onRows }), hash, fault);
    const { size } = await blobs.artifacts.put(blobKeys.batchFile(account_id, id), file, { contentType: 'text/csv' });
    const made = { rows: done, size, sha256: hash.digest('hex'), warnings: rows.warnings?.() ?? [] };
    const event = await completeBatch(table, of, made, isoTime(now()));
    if (!event) throw new OvertakenError(`batch prediction ${id} has ended`);
    await settled(context, of, event);
  } catch (error) {
    if (closing?.aborted) throw new UnavailableError('the host is stopping');
    if (!timeout.aborted) throw fault.of ?? error;
    const seconds = Math.round(milliseconds / 1000);
    throw new AttemptFailedError(`it takes longer than ${seconds} seconds`, { cause: error });
  }
}

const profileOf = ({ blobs }: BatchContext, { account_id, dataset_id: id }: Batch) =>
  readStoredProfile(blobs.datasets, { account_id, id });

/** What the data or the model caused ends it. Other errors are thrown: the message is redelivered. */
async function failed(context: BatchContext, of: Batch, error: unknown): Promise<void> {
  const { table, now, logger } = context;
  if (error instanceof OvertakenError) return removeFile(context, of);
  if (error instanceof ValidationError || error instanceof NotFoundError || error instanceof DamagedFileError) {
    return fail(context, of, { message: error.message, details: [...error.details] });
  }
  if (error instanceof UnavailableError) {
    await endAttempt(table, of, { counts: false }, now());
    throw error;
  }
  logger.error('attempt at a batch prediction failed', { batch_id: of.id, error: error as Error });
  const ownReason = error instanceof AttemptFailedError ? error.message : undefined;
  const reason = ownReason ?? 'the program failed while it made them; its log says why';
  if (isUsedUp(of)) return fail(context, of, usedUpFailure({ ...of, attempt_failure: reason }));
  await endAttempt(table, of, { counts: true, reason }, now());
  throw error;
}

async function fail(context: BatchContext, of: Batch, failure: BatchFailure): Promise<void> {
  const event = await failBatch(context.table, of, failure, isoTime(context.now()));
  await removeFile(context, of);
  if (event) await settled(context, of, event);
}

/** Of one that was cancelled: what another attempt has written is not looked for. */
async function removeFile({ table, blobs, logger }: BatchContext, of: Batch): Promise<void> {
  const now = await findBatch(table, of.account_id, of.id);
  if (now?.status === 'completed' || now?.status === 'running') return;
  try {
    await deleteOrphans(table, blobs.artifacts, 'artifacts', blobKeys.batchPrefix(of.account_id, of.id));
  } catch (error) {
    // It stays marked as orphaned.
    logger.warn('file not deleted yet', { batch_id: of.id, error: error as Error });
  }
}

async function settled({ table, events, logger }: BatchContext, of: Batch, event: DomainEvent): Promise<void> {
  logger.info('batch prediction ended', { batch_id: of.id, status: event.detail.status });
  await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
}

async function* hashed(pieces: AsyncIterable<Buffer>, hash: Hash, fault: { of?: unknown }): AsyncGenerator<Buffer> {
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    fault.of = error;
    throw error;
  }
}
