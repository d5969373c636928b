import { readyAsRead, whyNotReady } from '../datasets/use.ts';
import { NotFoundError, RateLimitError } from '../errors.ts';
import { countJob, tooManyJobs } from '../installation/jobs.ts';
import { indexes, keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { transactListed } from '../lists/change.ts';
import { beginUse } from '../models/in-use.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import type { Settings } from '../settings.ts';
import { activeJobs, jobLists } from './lists.ts';
import type { Job } from './record.ts';
import { markWaiting } from './waiting.ts';

/** As in the settings. Left out: the account's is that of the limits, and the installation has none. */
export type JobCaps = Partial<Pick<Settings['caps'], 'jobs' | 'jobsPerAccount'>>;

/**
 * @param readAt when the file of the dataset was last given to be read again, if it was: the job was checked against
 * what was found then
 * @param caps how many jobs the account and the installation may have at once
 *
 * Throws `RateLimitError` if all slots are in use, `NotFoundError` if the dataset or the parent is deleted, `ConflictError` if it is
 * not ready, has failed where the job may wait for it, or has been read in another way since.
 */
export async function createJob(
  table: Table,
  created: Job,
  readAt?: string,
  { jobsPerAccount: most = LIMITS.activeJobs, jobs }: JobCaps = {},
): Promise<void> {
  const slotFree: Condition = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'active_jobs' },
      { kind: 'compare', attribute: 'active_jobs', op: '<', value: most },
    ],
  };
  const counted = jobs === undefined ? {} : ({ counted: true } as const);
  try {
    await transactListed(table, jobLists, created.account_id, { after: created }, [
      {
        kind: 'put',
        item: {
          ...keys.job(created.account_id, created.id),
          ...{ ...created, ...counted },
          ...{ ipk: indexes.active, isk: created.created_at },
        },
        condition: { kind: 'absent' },
      },
      {
        kind: 'update',
        key: keys.account(created.account_id),
        change: { add: { active_jobs: 1 } },
        condition: slotFree,
      },
      {
        kind: 'update',
        key: keys.dataset(created.account_id, created.dataset_id),
        change: { add: { in_use: 1 } },
        condition: created.awaits_dataset
          ? { kind: 'oneOf', attribute: 'status', values: ['processing', 'ready'] }
          : readyAsRead(readAt),
      },
      ...(jobs === undefined ? [] : [countJob(jobs)]),
      ...(created.parent_id === undefined ? [] : [beginUse(created.account_id, created.parent_id)]),
      ...(created.awaits_dataset ? [markWaiting(created)] : []),
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(2)) throw await whyNotReady(table, created.account_id, created.dataset_id);
    const afterJobs = jobs === undefined ? 3 : 4;
    if (created.parent_id !== undefined && error.failed.includes(afterJobs)) {
      throw new NotFoundError(`Model ${created.parent_id} not found`);
    }
    if (jobs !== undefined && error.failed.includes(3) && !error.failed.includes(1)) throw tooManyJobs(jobs, jobs);
    const active = await activeJobs(table, created.account_id);
    throw new RateLimitError(
      60,
      `At most ${most} training jobs of an account may be queued or running at once; there are ${active.length}: ${active.join(', ')}`,
    );
  }
}
