import { RateLimitError } from '../errors.ts';
import type { Table } from '../ports/table/port.ts';
import type { Settings } from '../settings.ts';
import { listActive } from '../training/read.ts';

const RETRY_SECONDS = 60;

/**
 * Whether the installation may have another job. The index may be a moment behind, so that jobs which are started at the
 * same moment can exceed the limit. Throws `RateLimitError`, which has the number.
 */
export async function expectJobRoom(table: Table, { jobs: most }: Pick<Settings['caps'], 'jobs'>): Promise<void> {
  if (most === undefined) return;
  const { length: active } = await listActive(table);
  if (active < most) return;
  throw new RateLimitError(
    RETRY_SECONDS,
    `At most ${most} training jobs of all accounts of this installation may be queued or running at once; there are ${active}`,
  );
}
