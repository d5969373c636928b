/** The sweep of datasets: repairs those that were never read, or whose reader was lost. */

import { datasetFailed, stillProcessing } from '#domain/datasets/change.ts';
import { listProcessing } from '#domain/datasets/read.ts';
import { isBeingRead, isUsedUp, usedUpFailure } from '#domain/datasets/readings.ts';
import type { Dataset, DatasetFailure } from '#domain/datasets/record.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { keys } from '#domain/keys.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isResendDue, noteResend } from '#domain/resent.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { wakeWaiting } from './awaited-dataset.ts';

/** Milliseconds. */
export interface DatasetThresholds {
  /** A processing dataset to which nothing happened for so long has lost its message, which is sent again, later each time. */
  readonly processing: number;
  /** A dataset that is processing for so long, although its message was sent again and again, fails. */
  readonly unreadable: number;
}

type DatasetsContext = Pick<Adapters, 'table' | 'queues' | 'events' | 'now'> & { readonly logger: Log };

export async function sweepDatasets(context: DatasetsContext, thresholds: DatasetThresholds): Promise<void> {
  const processing = await listProcessing(context.table);
  const now = context.now();
  // While other files are being read, one that waits may be in the queue behind them.
  const isLineMoving = processing.some((dataset) => isBeingRead(dataset, now));
  for (const dataset of processing) {
    if (isBeingRead(dataset, now)) continue;
    const done = await sweepDataset(context, dataset, thresholds, isLineMoving);
    if (done) context.logger.warn('swept a dataset', { dataset_id: dataset.id, done });
  }
}

async function sweepDataset(
  context: DatasetsContext,
  dataset: Dataset,
  { processing, unreadable }: DatasetThresholds,
  isLineMoving: boolean,
): Promise<string | undefined> {
  const now = context.now();
  const { uploaded_at, processing_since = uploaded_at, reader_until, readings } = dataset;
  if (isUsedUp(dataset)) return fail(context, dataset, usedUpFailure(dataset));
  const isInLine = isLineMoving && readings === undefined;
  if (now - Date.parse(processing_since) >= unreadable && !isInLine) {
    return fail(context, dataset, { message: 'The file could not be processed within a day', details: [] });
  }
  if (!isResendDue(dataset, Date.parse(reader_until ?? processing_since), now, processing)) return undefined;
  await send(context.queues.datasets, { account_id: dataset.account_id, dataset_id: dataset.id });
  await noteResend(context.table, keys.dataset(dataset.account_id, dataset.id), dataset, now, stillProcessing);
  return 'sent its message again';
}

async function fail(context: DatasetsContext, dataset: Dataset, failure: DatasetFailure) {
  const { table, events, now, logger } = context;
  const event = await datasetFailed(table, dataset, failure, isoTime(now()));
  if (!event) return 'nothing: it was settled just now';
  await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
  await wakeWaiting(context, dataset.account_id, dataset.id);
  return 'failed it';
}
