/**
 * The limit of training jobs of all accounts together. The transaction that creates a job counts it in one item, and the one
 * that ends it counts it back; so jobs that are started at the same moment do not exceed the limit. Jobs from before there
 * was a limit are not counted: the index has them.
 */
import { RateLimitError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table, Write } from '../ports/table/port.ts';
import type { Settings } from '../settings.ts';
import { listActive } from '../training/read.ts';

const RETRY_SECONDS = 60;

export const tooManyJobs = (most: number, active: number): RateLimitError =>
  new RateLimitError(
    RETRY_SECONDS,
    `At most ${most} training jobs of all accounts of this installation may be queued or running at once; there are ${active}`,
  );

/** Whether the installation may have another job, for an early answer. Throws `RateLimitError`, which has the number. */
export async function expectJobRoom(table: Table, { jobs: most }: Pick<Settings['caps'], 'jobs'>): Promise<void> {
  if (most === undefined) return;
  const { length: active } = await listActive(table);
  if (active >= most) throw tooManyJobs(most, active);
}

/** Counts a job, unless there are `most` already. */
export const countJob = (most: number): Write => ({
  kind: 'update',
  key: keys.installationJobs(),
  change: { add: { active: 1 } },
  condition: {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'active' },
      { kind: 'compare', attribute: 'active', op: '<', value: most },
    ],
  },
});

/** Counts a job back that has ended, if it was counted. */
export const uncountJob = ({ counted }: { readonly counted?: boolean | undefined }): Write[] =>
  counted ? [{ kind: 'update', key: keys.installationJobs(), change: { add: { active: -1 } } }] : [];
