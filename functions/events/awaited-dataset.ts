/** The two ends of a job's waiting for its dataset; see `waiting.ts` of the domain. */
import { getDataset } from '#domain/datasets/read.ts';
import { TrainyardError } from '#domain/errors.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Job } from '#domain/training/record.ts';
import { endWaiting, listWaiting, type Plan } from '#domain/training/waiting.ts';
import { truncate } from '#domain/truncate.ts';
import { readProfile } from '#functions/platform/datasets/profile-of.ts';
import { findFamily, planTraining } from '#functions/platform/training/plan.ts';
import { type AttemptContext, failAttempt } from './training-attempts.ts';

/** The dataset is settled: sends the jobs that wait for it their messages. Idempotent. */
export async function wakeWaiting(
  { table, queues }: Pick<Adapters, 'table' | 'queues'>,
  account_id: string,
  datasetId: string,
): Promise<void> {
  for (const job_id of await listWaiting(table, account_id, datasetId)) {
    await send(queues.training, { account_id, job_id });
  }
}

/** Checks a job that waits. `undefined`: its dataset is still processing, or the job has ended, perhaps just here. */
export async function checkWaiting(
  context: AttemptContext & Pick<Adapters, 'blobs'>,
  job: Job,
): Promise<Job | undefined> {
  const dataset = await getDataset(context.table, job.account_id, job.dataset_id);
  if (dataset.status === 'processing') return undefined;
  let plan: Plan;
  try {
    plan = planTraining(findFamily(job.model_type), job, await readProfile(context, dataset));
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.status >= 500) throw error;
    await failAttempt(context, job, reasonOf(error));
    return undefined;
  }
  return endWaiting(context.table, job, plan);
}

const MOST_BYTES = 4_096;

function reasonOf({ message, details = [] }: TrainyardError): string {
  const places = details.map(({ field, message: what }) => `${field} ${what}`);
  return truncate(places.length === 0 ? message : `${message}: ${places.join('; ')}`, MOST_BYTES);
}
