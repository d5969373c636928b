/** Queue `datasets`: a file was uploaded; find out what is in it. */

import { datasetFailed, datasetReady } from '#domain/datasets/change.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { findDataset } from '#domain/datasets/read.ts';
import type { Dataset, DatasetFailure } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { blobKeys } from '#domain/keys.ts';
import { type DatasetMessage, datasetMessage } from '#domain/messages.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { wakeWaiting } from './awaited-dataset.ts';
import { consumer } from './batch.ts';

export type ProcessDatasetAdapters = Pick<Adapters, 'table' | 'blobs' | 'queues' | 'events' | 'now'>;

export function makeHandler(adapters: ProcessDatasetAdapters, options: { readonly logger: Log }) {
  const { logger } = options;
  const of = { schema: datasetMessage, queue: adapters.queues.datasets, logger };
  return consumer(of, async ({ account_id, dataset_id }: DatasetMessage) => {
    const dataset = await findDataset(adapters.table, account_id, dataset_id);
    // A crash after it was settled may have kept the jobs that wait for it from their messages.
    if (dataset?.status !== 'processing') return wakeWaiting(adapters, account_id, dataset_id);
    const outcome = await outcomeOf(adapters, dataset);
    const event =
      'failure' in outcome
        ? await fail(adapters, dataset, outcome.failure)
        : await ready(adapters, dataset, outcome.profile);
    await wakeWaiting(adapters, account_id, dataset_id);
    if (!event) return;
    logger.info('dataset processed', { dataset_id, status: event.detail.status, rows: event.detail.rows });
    await publishEvent(adapters, event, (message, about) => logger.warn(message, about));
  });
}

/** What reading the file shows. Errors that the file did not cause are thrown: the message is redelivered. */
async function outcomeOf(
  { blobs }: ProcessDatasetAdapters,
  dataset: Dataset,
): Promise<{ profile: DatasetProfile } | { failure: DatasetFailure }> {
  const { body } = await blobs.datasets.get(blobKeys.datasetFile(dataset.account_id, dataset.id));
  const { requested_target: target, dataset_type: task } = dataset;
  try {
    return { profile: await profileCsv(body, { task, ...(target === undefined ? {} : { target }) }) };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return { failure: { message: error.message, details: [...error.details] } };
  } finally {
    body.destroy();
  }
}

const fail = ({ table, now }: ProcessDatasetAdapters, dataset: Dataset, failure: DatasetFailure) =>
  datasetFailed(table, dataset, failure, isoTime(now()));

async function ready({ table, blobs, now }: ProcessDatasetAdapters, dataset: Dataset, profile: DatasetProfile) {
  const { account_id, id } = dataset;
  const file = Buffer.from(JSON.stringify(profile));
  await blobs.datasets.put(blobKeys.datasetProfile(account_id, id), file, { contentType: 'application/json' });
  const event = await datasetReady(table, dataset, profile, isoTime(now()));
  if (!event && !(await findDataset(table, account_id, id))) {
    // Deleted while it was read; its files may have been deleted before the profile was written.
    await table.transact([markOrphaned('datasets', blobKeys.datasetPrefix(account_id, id), now())]);
  }
  return event;
}
