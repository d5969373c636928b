import { getNumbered } from '#domain/datasets/read.ts';
import { newId } from '#domain/ids.ts';
import { expectJobRoom } from '#domain/installation/jobs.ts';
import { expectRoom } from '#domain/installation/storage.ts';
import { send } from '#domain/messages.ts';
import { isoTime } from '#domain/times.ts';
import { createJob } from '#domain/training/change.ts';
import type { Job } from '#domain/training/record.ts';
import type { Services } from '#functions/http/route.ts';
import { expectTable } from '../datasets/expect-table.ts';
import { readProfile } from '../datasets/profile-of.ts';
import { expectFits, expectStart } from './expect-start.ts';
import { findFamily, guessProfile, planTraining, type TrainingRequest } from './plan.ts';

export interface JobRequest extends TrainingRequest, Pick<Job, 'dataset_id' | 'compute' | 'max_seconds' | 'max_cost'> {
  /** The model's. Default: the dataset's. */
  readonly name?: string | undefined;
  /** The model to start from. */
  readonly start_from?: string | undefined;
}

/**
 * Creates a job and sends its message. The dataset may still be processing: the job is checked once it is ready.
 * Throws `ValidationError`, `NotFoundError`, `ConflictError`, `RateLimitError`.
 */
export async function queueJob(
  { adapters, settings, logger }: Services,
  accountId: string,
  { dataset_id, name, start_from, compute = 'auto', max_seconds, max_cost, ...request }: JobRequest,
): Promise<Job> {
  const { table, queues, now } = adapters;
  const family = findFamily(request.model_type);
  const dataset = await getNumbered(table, accountId, dataset_id);
  expectTable(dataset);
  const start = start_from === undefined ? undefined : await expectStart(adapters, accountId, start_from, family);
  const waits = dataset.status === 'processing';
  const profile = waits ? guessProfile(family, dataset) : await readProfile(adapters, dataset);
  const plan = planTraining(family, request, profile);
  if (start) await expectFits(adapters, start, { family, profile, plans: [plan] });
  const created: Job = {
    ...plan,
    id: newId(now()),
    account_id: accountId,
    dataset_id,
    dataset_name: dataset.name,
    dataset_version: dataset.version,
    model_name: name ?? dataset.name,
    compute,
    ...(start_from === undefined ? {} : { parent_id: start_from }),
    ...(request.split === undefined ? {} : { split: request.split }),
    ...(request.cv === undefined ? {} : { cv: request.cv }),
    ...(max_seconds === undefined ? {} : { max_seconds }),
    ...(max_cost === undefined ? {} : { max_cost }),
    ...(waits ? { awaits_dataset: true } : {}),
    status: 'queued',
    created_at: isoTime(now()),
    attempt: 0,
    current_epoch: 0,
    progress: 0,
    metrics: {},
    compute_seconds: 0,
    estimated_cost: 0,
  };
  await expectJobRoom(table, settings.caps);
  await expectRoom(table, accountId, settings.caps);
  await createJob(table, created, dataset.processing_since, settings.caps);
  try {
    await send(queues.training, { account_id: created.account_id, job_id: created.id });
  } catch (error) {
    // The job is recorded: the sweep finds it and sends its message again.
    logger.error('training message not sent', { job_id: created.id, error });
  }
  return created;
}
