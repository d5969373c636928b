import { ConflictError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { taskId } from '#domain/training/attempts.ts';
import { requestKeepBest, stopJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Services } from '#functions/http/route.ts';
import { publish } from '../publish.ts';

export interface Stopped {
  readonly status: 'stopped' | 'stopping';
  readonly message: string;
}

/** Stops a job; with `keepBest`, one that has begun ends with its best weights. Throws `ConflictError` for one that has ended. */
export async function stopTraining(services: Services, job: Job, keepBest: boolean): Promise<Stopped> {
  const { table, compute, now } = services.adapters;
  if (keepBest && (await requestKeepBest(table, job))) {
    return { status: 'stopping', message: 'Training job will stop and keep the best weights so far' };
  }
  const event = await stopJob(table, job, isoTime(now()));
  if (!event) {
    const { status } = await getJob(table, job.account_id, job.id);
    throw new ConflictError(`Training job ${job.id} cannot be stopped: it is ${status}`);
  }
  try {
    if (job.attempt > 0) await compute.terminate(taskId(job), 'stopped by its owner');
  } catch (error) {
    // The job is stopped all the same: the trainer notices it at its next report.
    services.logger.warn('trainer not terminated', { job_id: job.id, error });
  }
  await publish(event, services);
  return { status: 'stopped', message: 'Training job stopped successfully' };
}
