import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { LIMITS } from '#domain/limits.ts';
import { reportProgress } from '#domain/training/attempts.ts';
import type { Job } from '#domain/training/record.ts';
import { takeStream } from '#domain/training/streams.ts';
import type { StreamingHttpHandler } from '#functions/http/contract.ts';
import { jobEvents } from '#functions/platform/training/job-events.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { type Call, makeEvent, openPlatform, type Platform } from './harness.ts';
import { completed, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let job: Job;
let handler: StreamingHttpHandler;
let people = 0;

beforeAll(async () => {
  const heads = { from: (stream: PassThrough, head: object) => Object.assign(stream, { head }) };
  Object.assign(globalThis, {
    awslambda: { streamifyResponse: (made: StreamingHttpHandler) => made, HttpResponseStream: heads },
  });
  const { makeHandler } = await import('#functions/platform/events.ts');
  platform = await openPlatform();
  handler = makeHandler(permitted('platform-events', platform.store), {
    settings: platform.settings,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
});
beforeEach(async () => {
  token = await platform.login(`watcher-${'x'.repeat(++people)}`);
  const dataset = await ready(platform, await uploaded(platform, token));
  const json = { dataset_id: dataset.id, model_type: 'mlp' };
  const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
  job = await running(platform, dataset.account_id, body.job_id);
});
afterAll(() => platform.close());

async function watch(call: Partial<Call> = {}) {
  const stream = new PassThrough() as PassThrough & { head: { statusCode: number; headers: Record<string, string> } };
  const event = makeEvent({ path: `/training/events/${job.id}`, token, ...call });
  const context = { awsRequestId: 'x', getRemainingTimeInMillis: () => 60_000 } as Context;
  const [body] = await Promise.all([text(stream), handler(event, stream, context)]);
  return { ...stream.head, body };
}
const idsOf = (stream: string): string[] => [...stream.matchAll(/^id: (.+)$/gm)].map(([, id]) => id!);
const statusesOf = (stream: string): Record<string, unknown>[] =>
  [...stream.matchAll(/^event: status\ndata: (.+)$/gm)].map(([, data]) => JSON.parse(data!));

test('a job that has ended is told once, and 204 tells the client not to come again', async () => {
  await completed(platform, job, Buffer.from('onnx'));
  const answer = await watch();
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['Content-Type']).toBe('text/event-stream');
  const { body: status } = await platform.call({ path: `/training/status/${job.id}`, token });
  expect(statusesOf(answer.body)).toEqual([status]);
  const again = await watch({ headers: { 'Last-Event-ID': idsOf(answer.body)[0]! } });
  expect([again.statusCode, again.body]).toEqual([204, '']);
});

test('an account has few streams at once: one more is refused, until one ends or its process is gone', async () => {
  await completed(platform, job, Buffer.from('onnx'));
  const { table } = platform.store;
  const places = await Promise.all(
    Array.from({ length: LIMITS.streams }, (_, i) => takeStream(table, job.account_id, `s${i}`, platform.clock.now)),
  );
  const refused = await watch();
  expect([refused.statusCode, JSON.parse(refused.body)]).toMatchObject([429, { retry_after: 60 }]);
  await places[2]!();
  for (let i = 0; i < 3; i++) expect((await watch()).statusCode).toBe(200);
  await takeStream(table, job.account_id, 'again', platform.clock.now);
  expect((await watch()).statusCode).toBe(429);
  // Given back already: it must not free the place of another.
  await places[2]!();
  expect((await watch()).statusCode).toBe(429);
  platform.clock.now += 76_000;
  expect((await watch()).statusCode).toBe(200);
});

test('a job of another account does not exist', async () => {
  const stranger = await platform.login(`other-${'x'.repeat(people)}`);
  expect((await watch({ token: stranger })).statusCode).toBe(404);
});

/** The events of a job to which something happens at each pause. */
async function eventsOf(since: string | undefined, happens: (pauses: number) => Promise<void>): Promise<string> {
  const { table } = platform.store;
  const { getJob } = await import('#domain/training/read.ts');
  let pauses = 0;
  const parts = jobEvents(await getJob(table, job.account_id, job.id), {
    since,
    read: () => getJob(table, job.account_id, job.id),
    now: () => platform.clock.now,
    async pause(milliseconds) {
      platform.clock.now += milliseconds;
      await happens(++pauses);
    },
  });
  return text(parts);
}

test('a stream has an event for each change, and ends with the job', async () => {
  const report = { metrics: {}, compute_seconds: 1, estimated_cost: 0 };
  const stream = await eventsOf(undefined, async (pauses) => {
    if (pauses === 3)
      await reportProgress(platform.store.table, job, { ...report, current_epoch: 1, progress: 50 }, 't');
    if (pauses === 5) await completed(platform, job, Buffer.from('onnx'));
  });
  expect(stream).toMatch(/^retry: 1000\n\nid: /);
  expect(statusesOf(stream).map(({ status, progress }) => [status, progress])).toEqual([
    ['running', 0],
    ['running', 50],
    ['completed', 100],
  ]);
  expect(new Set(idsOf(stream)).size).toBe(3);
});

test('a stream lasts a minute, and a client that comes again gets only what it does not have', async () => {
  let pauses = 0;
  const first = await eventsOf(undefined, async (count) => {
    pauses = count;
  });
  expect(pauses).toBe(60);
  expect(statusesOf(first)).toHaveLength(1);
  expect(first.match(/^: nothing new$/gm)).toHaveLength(4);
  const second = await eventsOf(idsOf(first)[0], async () => {});
  expect(statusesOf(second)).toEqual([]);
});
