import type { SQSBatchResponse } from 'aws-lambda';
import {
  makeHandler,
  type ProcessDatasetAdapters,
  type ProcessDatasetOptions,
} from '#functions/events/process-dataset.ts';
import { batchOf } from './sqs.ts';
import { silent } from './world.ts';

export interface ReaderOptions extends Partial<Omit<ProcessDatasetOptions, 'settings'>> {
  /** How many there are. Default: 2. */
  readonly readers?: number;
  /** Until its end, as the host says. Default: 15 minutes. */
  readonly milliseconds?: number;
}

/** Reads a dataset as a host has it read: by a message, delivered so often, of that name. */
export async function readDataset(
  adapters: ProcessDatasetAdapters,
  [account_id, dataset_id]: readonly [string | undefined, string | undefined],
  { readers = 2, milliseconds = 900_000, logger = silent, ...more }: ReaderOptions = {},
  { name = 'message', receives = 1 } = {},
): Promise<SQSBatchResponse> {
  const handler = makeHandler(adapters, { logger, settings: { datasetReaders: readers, readingThreads: 1 }, ...more });
  const batch = batchOf([{ account_id, dataset_id }], receives, name);
  return handler(batch, { getRemainingTimeInMillis: () => milliseconds });
}
