/** Records in states that normally need a trainer, created through the domain. */
import { createHash } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import { datasetFailed, datasetReady } from '#domain/datasets/change.ts';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { newId } from '#domain/ids.ts';
import { completeJob } from '#domain/models/change.ts';
import type { Model } from '#domain/models/record.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Batch } from '#domain/predictions/record.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt, startJob } from '#domain/training/attempts.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Serving } from '#learning/serving/description.ts';
import { csvFile, uploadOf } from './forms.ts';
import type { Platform } from './harness.ts';

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const column = (name: string, type: ColumnProfile['type'], distinct: number): ColumnProfile => ({
  name,
  type,
  missing: 0,
  distinct,
  distinct_estimated: false,
});

export const PROFILE: DatasetProfile = {
  rows: 100,
  columns: [column('a', 'number', 90), column('b', 'category', 3), column('label', 'category', 2)],
  features: ['a', 'b'],
  target: 'label',
  task: 'classification',
  classes: [
    { value: 'yes', count: 60 },
    { value: 'no', count: 40 },
  ],
  rows_without_target: 0,
  delimiter: ',',
  quote: '"',
  sha256: '00',
};

/** What a model that has learned from such a dataset takes. */
export const SERVING: Serving = {
  format: 1,
  task: 'classification',
  target: 'label',
  features: [
    { name: 'a', type: 'number', input: 'a' },
    { name: 'b', type: 'category', input: 'b' },
  ],
  classes: ['no', 'yes'],
};

/** A batch prediction that has just been created. */
export const aBatch = (model: Model, dataset: Dataset, at: number): Batch => ({
  id: newId(at),
  account_id: model.account_id,
  model_id: model.id,
  model_name: model.name,
  model_version: model.version,
  dataset_id: dataset.id,
  dataset_name: dataset.name,
  probabilities: false,
  include: [],
  status: 'queued',
  created_at: isoTime(at),
  rows: 3,
  rows_done: 0,
  attempts: 0,
});

export const CSV = 'a,b,label\n1,x,yes\n2,y,no\n3,x,yes\n';

/** An uploaded dataset: the account's id and its own. */
export async function uploaded(platform: Platform, token: string, name = 'numbers'): Promise<Dataset> {
  const answer = await platform.call(uploadOf(token, [csvFile(CSV), { name: 'name', value: name }]));
  const me = await platform.call({ path: '/auth/me', token });
  return getDataset(platform.store.table, me.body.id, answer.body.id);
}

export async function ready(platform: Platform, of: Dataset, profile: DatasetProfile = PROFILE): Promise<Dataset> {
  const { table, blobs } = platform.store;
  await blobs.datasets.put(blobKeys.datasetProfile(of.account_id, of.id), Buffer.from(JSON.stringify(profile)));
  await datasetReady(table, of, profile, isoTime(platform.clock.now));
  return getDataset(table, of.account_id, of.id);
}

export async function failed(platform: Platform, of: Dataset): Promise<void> {
  const details = [{ field: 'target', message: 'must have at least 2 classes; got 1' }];
  const failure = { message: 'Invalid input data', details };
  await datasetFailed(platform.store.table, of, failure, isoTime(platform.clock.now));
}

export async function running(platform: Platform, accountId: string, jobId: string): Promise<Job> {
  const { table } = platform.store;
  const at = isoTime(platform.clock.now);
  const begun = await beginAttempt(table, await getJob(table, accountId, jobId), at);
  return (await startJob(table, begun!, { run: 1, device: 'cpu' }, at))!.job;
}

/** Ends a running job with a model whose `model.onnx` is `file`. */
export async function completed(
  platform: Platform,
  of: Job,
  file: Buffer,
  given: Partial<Model> = {},
  ended: { readonly current_epoch?: number; readonly stop_reason?: NonNullable<Job['stop_reason']> } = {},
): Promise<Model> {
  const { table, blobs } = platform.store;
  const id = newId(platform.clock.now);
  const history = { loss: [0.9, 0.5], accuracy: [0.6, 0.8] };
  await blobs.artifacts.put(blobKeys.jobHistory(of.account_id, of.id), Buffer.from(JSON.stringify(history)));
  await table.transact([markOrphaned('artifacts', blobKeys.modelPrefix(of.account_id, id), platform.clock.now)]);
  await blobs.artifacts.put(blobKeys.modelFile(of.account_id, id, 'model.onnx'), file);
  const made = {
    id,
    account_id: of.account_id,
    name: of.model_name,
    model_type: of.model_type,
    task: of.task,
    job_id: of.id,
    dataset_id: of.dataset_id,
    ...(of.dataset_version === undefined ? {} : { dataset_version: of.dataset_version }),
    architecture: { input_shape: [2], output_classes: 2, parameters: 10 },
    target: 'label',
    performance: { accuracy: 0.9, precision: 0.8, recall: 0.7, f1_score: 0.75 },
    final_metrics: { train_loss: 0.1, train_accuracy: 0.95, val_loss: 0.2, val_accuracy: 0.9 },
    training_config: { dataset_id: of.dataset_id, epochs: 2, batch_size: 32, optimizer: 'adam' },
    hyperparameters: of.hyperparameters,
    artifacts: [{ file: 'model.onnx', size: file.length, sha256: sha256Of(file) }],
    created_at: isoTime(platform.clock.now),
    ...given,
  };
  const last = {
    current_epoch: 2,
    metrics: { loss: 0.5, accuracy: 0.8 },
    compute_seconds: 7.5,
    estimated_cost: 0.0075,
    ...ended,
  };
  return (await completeJob(table, of, last, made, isoTime(platform.clock.now)))!.model;
}
