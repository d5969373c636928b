import { z } from 'zod';
import { isId } from '#domain/ids.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { JobNotFoundError } from '../errors.ts';

export const jobPath = z.strictObject({ job_id: z.string().min(1).max(100) });

/** A job of this service. Throws `JobNotFoundError`, also for one of another account or of the platform's tables. */
export async function getTextJob(table: Table, accountId: string, id: string): Promise<Job> {
  const found = isId(id) ? await findJob(table, accountId, id) : undefined;
  if (found?.kind === 'text') return found;
  throw new JobNotFoundError(`Job ${id} not found`);
}
