/** Many records that differ in what lists sort and filter by, and how they come into a store fast. */
import { join } from 'node:path';
import type { Dataset } from '#domain/datasets/record.ts';
import { newId } from '#domain/ids.ts';
import type { ListSpec } from '#domain/lists/list.ts';
import { type Model, NEW_MODEL } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { Database } from '#embedded/database.ts';
import { NOW } from '#test/domain/store.ts';
import { writeListed, writeRecords } from '../../../bench/api/host/list-rows.ts';
import type { Platform } from './harness.ts';

const NAMES = ['Alpha', 'alphabet', 'beta', 'BETA', 'Ärger', 'z', '日本', '_'];

export const aModel = (account_id: string, n: number): Model => ({
  ...NEW_MODEL,
  id: newId(NOW + n),
  account_id,
  number: n + 1,
  name: NAMES[n % NAMES.length]!,
  version: '1.0.0',
  model_type: n % 3 === 0 ? 'bilstm' : 'mlp',
  task: 'classification',
  job_id: newId(NOW),
  dataset_id: newId(NOW),
  architecture: { input_shape: [2], output_classes: 2, parameters: 10 },
  target: 'label',
  performance: n % 7 === 0 ? { rmse: 1 } : { accuracy: ((n * 37) % 11) / 10 },
  final_metrics: { train_loss: 0.1 },
  training_config: {},
  hyperparameters: {},
  artifacts: [],
  // Some at the same moment.
  created_at: isoTime(NOW + Math.floor(n / 2) * 1000),
});

export const aDataset = (account_id: string, n: number): Dataset => ({
  id: newId(NOW + n),
  account_id,
  name: NAMES[n % NAMES.length]!,
  version: 1,
  description: '',
  dataset_type: 'auto',
  file_name: 'a.csv',
  file_size: (n * 37) % 11,
  uploaded_at: isoTime(NOW + Math.floor(n / 2) * 1000),
  status: (['ready', 'failed', 'processing'] as const)[n % 3]!,
  in_use: 0,
});

export const aJob = (account_id: string, dataset_id: string, n: number): Job => ({
  id: newId(NOW + n),
  account_id,
  dataset_id,
  dataset_name: 'x',
  model_name: 'x',
  model_type: n % 3 === 0 ? 'bilstm' : 'mlp',
  task: 'classification',
  hyperparameters: {},
  validation_split: 0,
  early_stopping: { enabled: false, patience: 1, monitor: 'loss' },
  status: JOB_STATUSES[n % 5]!,
  created_at: isoTime(NOW + Math.floor(n / 2) * 1000),
  estimated_time: 1,
  attempt: 0,
  total_epochs: 1,
  current_epoch: 0,
  progress: 0,
  metrics: {},
  compute_seconds: 0,
  estimated_cost: 0,
});

/** Writes records into a platform's data folder, with their lists. */
export async function storeListed<R extends object>(
  { store: { dir } }: Platform,
  spec: ListSpec<R>,
  accountId: string,
  records: readonly R[],
): Promise<void> {
  const database = new Database(join(dir, 'trainyard.db'));
  await writeListed(database, spec, accountId, records);
  database.close();
}

/** The same as a release without lists has written them. */
export async function storeUnlisted<R extends object>(
  { store: { dir } }: Platform,
  spec: ListSpec<R>,
  accountId: string,
  records: readonly R[],
): Promise<void> {
  const database = new Database(join(dir, 'trainyard.db'));
  await writeRecords(database, spec, accountId, records);
  database.close();
}

/** An account that is logged in. */
export async function accountOf(platform: Platform, name: string): Promise<{ token: string; id: string }> {
  const token = await platform.login(name);
  return { token, id: (await platform.call({ path: '/auth/me', token })).body.id };
}

export type Query = Readonly<Record<string, string>>;

/** A query as an API's caller writes it; undefined is left out. */
export const queryOf = (given: Readonly<Record<string, string | number | undefined>>): Query =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
