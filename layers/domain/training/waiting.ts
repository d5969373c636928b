/**
 * A job may be started before its dataset is ready. It has its slot and its place in the dataset's `in_use`, and stays
 * `queued` without an attempt:
 *
 *     created ── message ── dataset still processing: nothing
 *     dataset settled ── message to each job that waits ── checked ── first attempt, or failed with the reason
 *
 * The message at its creation serves a dataset that is settled meanwhile. If one is lost, the sweep sends it again, as
 * to every queued job.
 */
import { keys, prefixes } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { isActiveAttempt } from './attempts.ts';
import type { Job } from './record.ts';

const keyOf = (of: Job) => keys.waitingJob(of.account_id, of.dataset_id, of.id);

export const markWaiting = (of: Job): Write => ({ kind: 'put', item: { ...keyOf(of), job_id: of.id } });

export const clearWaiting = (of: Job): Write => ({ kind: 'delete', key: keyOf(of) });

/** The ids of the jobs that wait for the dataset. */
export async function listWaiting(table: Table, accountId: string, datasetId: string): Promise<string[]> {
  const partition = keys.account(accountId).pk;
  const items = await readAll(table, { partition, prefix: prefixes.waitingJobs(datasetId) });
  return items.map(({ job_id }) => String(job_id));
}

/** What checking a training request against its dataset determines. */
export type Plan = Pick<
  Job,
  | 'model_type'
  | 'task'
  | 'hyperparameters'
  | 'validation_split'
  | 'test_split'
  | 'early_stopping'
  | 'total_epochs'
  | 'estimated_time'
  | 'data_bytes'
  | 'warnings'
>;

/** The job no longer waits. `undefined`: it has ended, or was checked by a concurrent call. */
export async function endWaiting(table: Table, of: Job, plan: Plan): Promise<Job | undefined> {
  const { awaits_dataset: _, ...rest } = of;
  const key = keys.job(of.account_id, of.id);
  const { data_bytes, warnings, test_split, ...set } = plan;
  const optional = {
    ...(test_split === undefined ? {} : { test_split }),
    ...(data_bytes === undefined ? {} : { data_bytes }),
    ...(warnings === undefined ? {} : { warnings }),
  };
  const change = { set: { ...set, ...optional }, remove: ['awaits_dataset'] };
  try {
    await table.transact([{ kind: 'update', key, change, condition: isActiveAttempt(of) }, clearWaiting(of)]);
    return { ...rest, ...plan };
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}
