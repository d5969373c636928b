/** The real embedded adapters on a temporary folder, and some records. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '#domain/accounts/change.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { createDataset, datasetReady, type NewDataset } from '#domain/datasets/change.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { newId } from '#domain/ids.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt, startJob } from '#domain/training/attempts.ts';
import { createJob } from '#domain/training/change.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { everyQueue } from '#test/queues.ts';

/** The time of these tests. */
export const NOW = Date.UTC(2026, 0, 1);
export const AT = isoTime(NOW);

export interface Store extends EmbeddedAdapters {
  /** Its data folder. */
  readonly dir: string;
}

export async function openStore(now: () => number = () => NOW): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'trainyard-domain-'));
  const queue = { visibilitySeconds: 30, maxReceives: 3 };
  const adapters = await openEmbedded({
    dir,
    baseUrl: 'http://127.0.0.1:1',
    queues: everyQueue(queue),
    now,
  });
  return {
    ...adapters,
    dir,
    close: async () => {
      await adapters.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let people = 0;

/** A new account. */
export async function anAccount(table: Table): Promise<string> {
  const id = newId(NOW);
  const name = `person${++people}`;
  await createAccount(table, {
    id,
    username: name,
    email: `${name}@example.com`,
    full_name: 'A Person',
    password_hash: 'x',
    created_at: AT,
  });
  return id;
}

const profile: DatasetProfile = {
  rows: 10,
  columns: [],
  features: ['a'],
  target: 'b',
  task: 'classification',
  rows_without_target: 0,
  delimiter: ',',
  quote: '"',
  sha256: '00',
};

/** A dataset that is processing. */
export async function aDataset(table: Table, accountId: string, more: Partial<NewDataset> = {}): Promise<Dataset> {
  const given: NewDataset = {
    id: newId(NOW),
    account_id: accountId,
    name: 'numbers',
    description: '',
    dataset_type: 'auto',
    file_name: 'numbers.csv',
    file_size: 3,
    uploaded_at: AT,
    status: 'processing',
    in_use: 0,
    ...more,
  };
  await table.transact([markOrphaned('datasets', blobKeys.datasetPrefix(accountId, given.id), NOW)]);
  return createDataset(table, given);
}

export async function aReadyDataset(table: Table, accountId: string): Promise<Dataset> {
  const created = await aDataset(table, accountId);
  await datasetReady(table, created, profile, AT);
  return getDataset(table, accountId, created.id);
}

/** A job as `POST /training/start` creates it. */
export async function aJob(table: Table, of: Dataset, given: Partial<Job> = {}): Promise<Job> {
  const created: Job = {
    id: newId(NOW),
    account_id: of.account_id,
    dataset_id: of.id,
    dataset_name: of.name,
    model_name: of.name,
    model_type: 'mlp',
    task: 'classification',
    hyperparameters: { epochs: 2 },
    validation_split: 0.2,
    early_stopping: { enabled: false, patience: 10, monitor: 'val_loss' },
    status: 'queued',
    created_at: AT,
    estimated_time: 1,
    attempt: 0,
    total_epochs: 2,
    current_epoch: 0,
    progress: 0,
    metrics: {},
    compute_seconds: 0,
    estimated_cost: 0,
    ...given,
  };
  await createJob(table, created, of.processing_since);
  return getJob(table, of.account_id, created.id);
}

export async function aRunningJob(table: Table, of: Dataset, given: Partial<Job> = {}): Promise<Job> {
  const queued = await aJob(table, of, given);
  const begun = await beginAttempt(table, queued, AT);
  return (await startJob(table, begun!, { run: 1, device: 'cpu' }, AT))!.job;
}
