import { afterEach, expect, test } from '@jest/globals';
import { describeJob, shareOf, submitJob } from '#aws/compute/batch.ts';
import { type Answer, type Service, startService } from '../service.ts';

const QUEUE = 'arn:aws:batch:us-east-1:000000000000:job-queue/gpu';

let service: Service;
afterEach(() => service.close());

const answer = (body: object): Answer => ({ status: 200, body });
const job = (status: string) => answer({ jobs: [{ jobId: 'b', jobName: 'j-1', jobQueue: QUEUE, status }] });
const listed = (...ids: string[]) => answer({ jobSummaryList: ids.map((jobId) => ({ jobId, jobName: jobId })) });

/** Requests to Batch, and the states that follow from its responses. */
async function described(...answers: Answer[]) {
  service = await startService(answers);
  const state = await describeJob(service.clients.batch, 'b');
  return { state, asked: service.requests.map(({ input }) => input) };
}

const running = { jobQueue: QUEUE, jobStatus: 'RUNNING', maxResults: 1 };
const starting = { ...running, jobStatus: 'STARTING' };

test('a job that waits while another of its queue runs is pending', async () => {
  const { state, asked } = await described(job('RUNNABLE'), listed('other'));
  expect(state).toBe('pending');
  expect(asked).toEqual([{ jobs: ['b'] }, running]);
});

test('a job that waits while another of its queue starts is pending', async () => {
  const { state, asked } = await described(job('RUNNABLE'), listed(), listed('other'));
  expect(state).toBe('pending');
  expect(asked).toEqual([{ jobs: ['b'] }, running, starting]);
});

test('a job that waits while nothing of its queue has a machine is unplaced', async () => {
  const { state, asked } = await described(job('RUNNABLE'), listed(), listed());
  expect(state).toBe('unplaced');
  expect(asked).toEqual([{ jobs: ['b'] }, running, starting]);
});

test.each([
  ['SUBMITTED', 'pending'],
  ['PENDING', 'pending'],
  ['STARTING', 'pending'],
  ['RUNNING', 'running'],
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
])('a job that is %s is %s, and nothing else is asked', async (status, state) => {
  expect(await described(job(status), listed('other'))).toEqual({ state, asked: [{ jobs: ['b'] }] });
});

test('a job is counted to its account’s share, by a name that Batch takes, of no more than Batch knows at once', async () => {
  service = await startService([answer({ jobId: 'b' })]);
  const task = { id: 'j-1', accountId: 'account-1', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
  await submitJob(service.clients.batch, task, { queue: QUEUE, definition: 'trainer' });
  expect(service.requests[0]!.input).toMatchObject({ jobName: 'j-1', shareIdentifier: shareOf('account-1') });
  const shares = new Set(Array.from({ length: 20_000 }, (_, n) => shareOf(`account-${n}`)));
  expect(shares.size).toBe(400);
  for (const share of shares) expect(share).toMatch(/^[A-Za-z0-9]+$/);
});

test('a job that Batch has forgotten is unknown', async () => {
  expect((await described(answer({ jobs: [] }))).state).toBe('unknown');
});
