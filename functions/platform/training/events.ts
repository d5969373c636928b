import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { getJob } from '#domain/training/read.ts';
import { STREAM_SECONDS, takeStream } from '#domain/training/streams.ts';
import { route } from '#functions/http/route.ts';
import { jobPath } from './fields.ts';
import { eventIdOf, jobEvents } from './job-events.ts';

export const events = route({
  method: 'GET',
  path: '/training/events/{job_id}',
  summary: 'Watch a training job by server-sent events',
  description: `An addition to the document. An event \`status\` has what \`/training/status\` answers, whenever something has changed. A stream ends after ${STREAM_SECONDS} seconds, or with the job; the client connects again with \`Last-Event-ID\`, and is answered with 204 once there is nothing more to come. An account may have ${LIMITS.streams} streams open at once.`,
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: jobPath,
    headers: z.object({
      'last-event-id': z.string().max(200).optional().meta({ description: 'The id of the last event received' }),
    }),
  },
  responses: {
    200: { description: 'The stream', content: 'text/event-stream' },
    204: { description: 'The job has ended, and the client has its last event' },
  },
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job, headers, request }, { adapters }) {
    const { table, now } = adapters;
    const since = headers['last-event-id'];
    if (job.ended_at !== undefined && since === eventIdOf(job, now())) return { status: 204 };
    const release = await takeStream(table, job.account_id, request.id, now());
    const read = () => getJob(table, job.account_id, job.id);
    const body = Readable.from(releasing(jobEvents(job, { since, read, now, pause }), release));
    // A proxy is not to collect what belongs to the moment.
    return { status: 200, headers: { 'X-Accel-Buffering': 'no' }, body };
  },
});

async function* releasing(parts: AsyncIterable<string>, release: () => Promise<void>) {
  try {
    yield* parts;
  } finally {
    await release();
  }
}
