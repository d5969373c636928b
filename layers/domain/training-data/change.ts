/** Writes a file below `training_data/`: a dataset that is ready, and the name that leads to it. */

import { blobKeys } from '../blob-keys.ts';
import { createDataset, type NewDataset } from '../datasets/change.ts';
import { datasetSettled } from '../datasets/events.ts';
import type { DatasetProfile } from '../datasets/profile.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { newId } from '../ids.ts';
import { keys } from '../keys.ts';
import { markOrphaned } from '../orphans.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { Content } from '../request-body.ts';
import { isoTime } from '../times.ts';
import type { TrainingFile } from './record.ts';

/** After so long the sweep deletes a file whose record was never written. */
const ABANDONED_MILLISECONDS = 3_600_000;

export interface NewTrainingFile {
  readonly name: string;
  readonly content: Pick<Content, 'size' | 'read'>;
  readonly format: NonNullable<NewDataset['text_format']>;
  /** What reading the file found out. */
  readonly profile: DatasetProfile;
}

export interface WrittenTrainingFile {
  readonly file: TrainingFile;
  readonly event: DomainEvent;
}

const CONTENT_TYPES = {
  jsonl: 'application/x-ndjson',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
} as const;

/** Resolves with the event to publish. */
export async function writeTrainingFile(
  { table, blobs, now }: Pick<Adapters, 'table' | 'blobs' | 'now'>,
  accountId: string,
  { name, content, format, profile }: NewTrainingFile,
): Promise<WrittenTrainingFile> {
  const id = newId(now());
  const at = isoTime(now());
  await table.transact([
    markOrphaned('datasets', blobKeys.datasetPrefix(accountId, id), now() + ABANDONED_MILLISECONDS),
  ]);
  const contentType = CONTENT_TYPES[format];
  await blobs.datasets.put(blobKeys.datasetFile(accountId, id), content.read(), { contentType });
  await blobs.datasets.put(blobKeys.datasetProfile(accountId, id), Buffer.from(JSON.stringify(profile)), {
    contentType: 'application/json',
  });
  const { rows, sha256 } = profile;
  const given: NewDataset = {
    ...{ id, account_id: accountId, name, description: '', dataset_type: profile.task ?? 'auto' },
    ...{ file_name: name, file_size: content.size, uploaded_at: at, text_format: format },
    ...{ status: 'ready', rows, columns: profile.columns.length, target: profile.target, sha256, in_use: 0 },
  };
  const file: TrainingFile = { name, dataset_id: id, sha256, size: content.size, rows, updated_at: at };
  // Each try to take the next version of the name makes an event of its own; the last one is what was written.
  const events: DomainEvent[] = [];
  await createDataset(table, given, (created) => {
    const event = datasetSettled(created, at);
    events.push(event);
    return [{ kind: 'put', item: { ...keys.trainingData(accountId, name), ...file } }, recordEvent(event)];
  });
  return { file, event: events.at(-1)! };
}
