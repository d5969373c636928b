/** Queue `datasets`: reads an uploaded file and profiles it. */
import { buffer } from 'node:stream/consumers';
import type { Context, SQSEvent } from 'aws-lambda';
import { blobKeys } from '#domain/blob-keys.ts';
import { datasetFailed, datasetReady, markIfDeleted } from '#domain/datasets/change.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { readStoredProfile } from '#domain/datasets/read-profile.ts';
import { releaseSlot } from '#domain/datasets/reading-slots.ts';
import {
  beginReading,
  endReading,
  isBeingRead,
  isUsedUp,
  type Reading,
  usedUpFailure,
} from '#domain/datasets/readings.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { DamagedFileError } from '#domain/errors.ts';
import type { DomainEvent } from '#domain/events/event.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { type DatasetMessage, datasetMessage, send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { wakeWaiting } from './awaited-dataset.ts';
import { consumer } from './batch.ts';
import { ReadingFailedError, readFile } from './read-file.ts';

export type ProcessDatasetAdapters = Pick<Adapters, 'table' | 'blobs' | 'queues' | 'events' | 'now'>;
type ReadingContext = ProcessDatasetAdapters &
  Omit<ProcessDatasetOptions, 'settings'> & { readonly readers: number; readonly threads: number };

export interface ProcessDatasetOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'datasetReaders' | 'readingThreads'>;
  /** Aborts when the host is about to end this reader, which is no fault of the file. */
  readonly closing?: AbortSignal;
  /** Of the time of a call, after which a long file is read on in another one. */
  readonly readingShare?: number;
}

/** A reading ends so long before the function's time limit, so that there is time to record it. */
const MARGIN_MS = 10_000;
/** The delay before another try if so many files of the account are being read that it may have no more. */
const BUSY_SECONDS = 15;

/** The message that is handled, and the milliseconds that are left for it. */
interface Delivery {
  readonly id: string;
  readonly milliseconds: number;
}

export function makeHandler(adapters: ProcessDatasetAdapters, { settings, ...options }: ProcessDatasetOptions) {
  const of = { schema: datasetMessage, queue: adapters.queues.datasets, logger: options.logger };
  const { datasetReaders: readers, readingThreads: threads } = settings;
  const context = { ...adapters, ...options, readers, threads };
  return (event: SQSEvent, call: Pick<Context, 'getRemainingTimeInMillis'>) =>
    consumer(of, (message: DatasetMessage, id) =>
      processDataset(context, message, { id, milliseconds: call.getRemainingTimeInMillis() }),
    )(event);
}

/** Of the message that has begun a reading. */
interface Turn {
  readonly milliseconds: number;
  /** Whether the file was read while it arrived. */
  readonly isRead: boolean;
}

async function processDataset(context: ReadingContext, message: DatasetMessage, delivery: Delivery): Promise<void> {
  const { table, queues, now, logger, readers } = context;
  const { account_id, dataset_id } = message;
  const dataset = await findDataset(table, account_id, dataset_id);
  if (dataset?.status !== 'processing') {
    // An earlier delivery settled it and was lost before it could release the slot, or send the messages of jobs.
    if (dataset?.reader === delivery.id) await release(context, dataset);
    return wakeWaiting(context, account_id, dataset_id);
  }
  if (isUsedUp(dataset) && !isBeingRead(dataset, now(), delivery.id)) {
    await giveUp(context, dataset);
    await release(context, dataset);
    return wakeWaiting(context, account_id, dataset_id);
  }
  const until = now() + delivery.milliseconds;
  const begun = await beginReading(table, dataset, { message: delivery.id, until }, { now: now(), readers });
  if (begun === 'claimed') return logger.info('dataset is read by another message', { dataset_id });
  if (begun === 'busy') {
    logger.info('dataset waits for others of its account', { dataset_id });
    return send(queues.datasets, message, { delaySeconds: BUSY_SECONDS });
  }
  try {
    await read(context, begun, { milliseconds: delivery.milliseconds - MARGIN_MS, isRead: message.is_read === true });
  } finally {
    await release(context, begun);
  }
  await wakeWaiting(context, account_id, dataset_id);
}

/**
 * What was found while the file arrived. `undefined`: it is to be read in another way by now, or what was found is not there.
 */
async function earlyProfile({ blobs }: ReadingContext, of: Reading): Promise<DatasetProfile | undefined> {
  if (of.processing_since !== undefined) return undefined;
  try {
    return await readStoredProfile(blobs.datasets, of);
  } catch (error) {
    if (error instanceof BlobNotFoundError || error instanceof DamagedFileError) return undefined;
    throw error;
  }
}

/** Errors that the file did not cause are thrown: the message is redelivered. */
async function read(context: ReadingContext, reading: Reading, { milliseconds, isRead }: Turn): Promise<void> {
  try {
    const early = isRead ? await earlyProfile(context, reading) : undefined;
    if (early) return await settled(context, await ready(context, reading, early));
    const checkpoint = await checkpointOf(context, reading);
    const { blobs, closing, threads, readingShare: share } = context;
    const options = { milliseconds, closing, checkpoint, threads, ...(share === undefined ? {} : { share }) };
    const outcome = await readFile(blobs.datasets, reading, options);
    if ('checkpoint' in outcome && outcome.checkpoint) return await goOn(context, reading, outcome.checkpoint);
    const event =
      'failure' in outcome
        ? await datasetFailed(context.table, reading, outcome.failure, isoTime(context.now()))
        : await ready(context, reading, outcome.profile!);
    if (checkpoint) await blobs.datasets.delete(blobKeys.datasetCheckpoint(reading.account_id, reading.id));
    await settled(context, event);
  } catch (error) {
    const counts = error instanceof ReadingFailedError;
    if (counts && isUsedUp(reading)) {
      context.logger.error('dataset not read', { dataset_id: reading.id, error });
      return giveUp(context, { ...reading, reading_failure: error.reason });
    }
    const end = counts ? { counts, reason: error.reason } : { counts };
    await endReading(context.table, reading, end, context.now());
    throw error;
  }
}

async function checkpointOf({ blobs }: ReadingContext, { account_id, id, reading_parts }: Dataset) {
  if (reading_parts === undefined) return undefined;
  const { body } = await blobs.datasets.get(blobKeys.datasetCheckpoint(account_id, id));
  return buffer(body);
}

/** Stores what was found so far, with which another message goes on. */
async function goOn(context: ReadingContext, reading: Reading, checkpoint: Uint8Array): Promise<void> {
  const { table, blobs, queues, now, logger } = context;
  const { account_id, id, reading_parts = 0 } = reading;
  await blobs.datasets.put(blobKeys.datasetCheckpoint(account_id, id), checkpoint);
  const parts = reading_parts + 1;
  if (await endReading(table, reading, { counts: false, parts }, now())) {
    logger.info('dataset is read in parts', { dataset_id: id, parts });
    return send(queues.datasets, { account_id, dataset_id: id });
  }
  await markIfDeleted(table, reading, now());
}

async function giveUp(context: ReadingContext, dataset: Dataset): Promise<void> {
  const failure = usedUpFailure(dataset);
  context.logger.error('dataset given up', { dataset_id: dataset.id, reason: failure.message });
  await settled(context, await datasetFailed(context.table, dataset, failure, isoTime(context.now())));
}

/** Never throws: if a slot cannot be released, it expires. */
async function release({ table, logger }: ReadingContext, dataset: Dataset): Promise<void> {
  try {
    await releaseSlot(table, dataset);
  } catch (error) {
    logger.warn('slot not released', { dataset_id: dataset.id, error: error as Error });
  }
}

async function settled({ table, events, logger }: ReadingContext, event: DomainEvent | undefined): Promise<void> {
  if (!event) return;
  const { dataset_id, status, rows } = event.detail;
  logger.info('dataset processed', { dataset_id, status, rows });
  await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
}

async function ready({ table, blobs, now }: ReadingContext, dataset: Dataset, profile: DatasetProfile) {
  const { account_id, id } = dataset;
  const file = Buffer.from(JSON.stringify(profile));
  await blobs.datasets.put(blobKeys.datasetProfile(account_id, id), file, { contentType: 'application/json' });
  const event = await datasetReady(table, dataset, profile, isoTime(now()));
  if (!event) await markIfDeleted(table, dataset, now());
  return event;
}
