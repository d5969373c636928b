/** Tasks as AWS Batch jobs: the job's name is the task's id. */
import { createHash } from 'node:crypto';
import {
  type BatchClient,
  DescribeJobsCommand,
  type JobStatus,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { InternalError } from '#domain/errors.ts';
import type { ComputeState, ComputeTask } from '#domain/ports/compute/port.ts';
import { translating } from '../vendor.ts';

/** A job queue with a fair-share policy and the job definition that is submitted to it, by name or ARN. */
export interface BatchPlace {
  readonly queue: string;
  readonly definition: string;
}

/** The shortest time limit that Batch accepts. */
const MIN_TIMEOUT_SECONDS = 60;

const STATES: Readonly<Record<JobStatus, ComputeState>> = {
  SUBMITTED: 'pending',
  PENDING: 'pending',
  RUNNABLE: 'pending',
  STARTING: 'pending',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
};

/** A Batch queue knows at most 500 shares at once and refuses jobs of further ones. */
const SHARES = 400;

/** The share identifier for an account's jobs. Two accounts may have the same one. */
export function shareOf(accountId: string): string {
  const hash = createHash('sha256').update(accountId).digest();
  return `share${hash.readUInt32BE() % SHARES}`;
}

/** The trainer's parameters; `containers/trainer/main.ts` reads them. */
const trainerEnvironment = (task: ComputeTask): Readonly<Record<string, string>> => ({
  TRAINYARD_ACCOUNT: task.accountId,
  TRAINYARD_JOB: task.jobId,
  TRAINYARD_ATTEMPT: String(task.attempt),
});

/** A job's tag that names its queue. */
export const QUEUE_TAG = 'trainyard-queue';

const call = <T>(send: () => Promise<T>): Promise<T> => translating('Batch', send);

/**
 * Resolves with Batch's id of the job. The job definition's retry strategy may run the container again on another host,
 * within the same task; AWS_BATCH_JOB_ATTEMPT then counts the runs.
 */
export async function submitJob(client: BatchClient, task: ComputeTask, place: BatchPlace): Promise<string> {
  const command = new SubmitJobCommand({
    jobName: task.id,
    jobQueue: place.queue,
    jobDefinition: place.definition,
    shareIdentifier: shareOf(task.accountId),
    containerOverrides: {
      environment: Object.entries(trainerEnvironment(task)).map(([name, value]) => ({ name, value })),
    },
    timeout: { attemptDurationSeconds: Math.max(MIN_TIMEOUT_SECONDS, Math.ceil(task.timeoutSeconds)) },
    // Only jobs with the tag of this installation may be terminated; see `infra/aws/functions/permissions.ts`.
    tags: { [QUEUE_TAG]: place.queue },
    propagateTags: true,
  });
  const { jobId } = await call(() => client.send(command));
  if (jobId === undefined) throw new InternalError(`Batch gave job ${task.id} no id`);
  return jobId;
}

/** The latest job of that name, in any state; Batch forgets a job some days after its end. */
export async function findJobNamed(client: BatchClient, name: string, queue: string): Promise<string | undefined> {
  const filters = [{ name: 'JOB_NAME', values: [name] }];
  const command = new ListJobsCommand({ jobQueue: queue, filters });
  const { jobSummaryList: found = [] } = await call(() => client.send(command));
  const latest = found.toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0))[0];
  return latest?.jobId;
}

/** SIGTERM and then SIGKILL; a job that has not begun never starts. A job that has ended stays as it is. */
export async function terminateJob(client: BatchClient, jobId: string, reason: string): Promise<void> {
  await call(() => client.send(new TerminateJobCommand({ jobId, reason })));
}

export async function describeJob(client: BatchClient, jobId: string): Promise<ComputeState> {
  const { jobs = [] } = await call(() => client.send(new DescribeJobsCommand({ jobs: [jobId] })));
  const { status, jobQueue } = jobs[0] ?? {};
  if (status === undefined) return 'unknown';
  if (status !== 'RUNNABLE' || jobQueue === undefined) return STATES[status];
  return (await isBusy(client, jobQueue)) ? 'pending' : 'unplaced';
}

/** Whether any job of the queue has a machine: the others may then be waiting for it. */
async function isBusy(client: BatchClient, jobQueue: string): Promise<boolean> {
  for (const jobStatus of ['RUNNING', 'STARTING'] as const) {
    const command = new ListJobsCommand({ jobQueue, jobStatus, maxResults: 1 });
    const { jobSummaryList: found = [] } = await call(() => client.send(command));
    if (found.length > 0) return true;
  }
  return false;
}
