/** Ended jobs are stored for so long, with their metrics and logs; then only their models are left. */
import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import { deleteListed } from '../lists/change.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { jobLists } from './lists.ts';
import { getJob } from './read.ts';
import { type Job, parseJob } from './record.ts';

const DAY_MS = 86_400_000;
/** Of one call: the next one deletes the next. */
const JOBS_AT_ONCE = 100;

/** Deletes jobs that ended more than so many days ago; resolves with how many. 0 days: none ever. */
export async function expireJobs(table: Table, days: number, now: number): Promise<number> {
  if (days === 0) return 0;
  const to = isoTime(now - days * DAY_MS);
  const { items } = await table.query({
    ...{ index: 'byIndex', partition: indexes.endedJobs, from: '0', to, limit: JOBS_AT_ONCE },
  });
  for (const job of items.map(parseJob)) await deleteJob(table, job);
  return items.length;
}

async function deleteJob(table: Table, { account_id, id }: Job): Promise<void> {
  try {
    await deleteListed(
      table,
      jobLists,
      account_id,
      () => getJob(table, account_id, id),
      () => [{ kind: 'delete', key: keys.job(account_id, id), condition: { kind: 'present' } }],
    );
  } catch (error) {
    // Another sweep, or the deletion of its account, was faster.
    if (!(error instanceof TransactionFailedError || error instanceof NotFoundError)) throw error;
  }
}
