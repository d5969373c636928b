import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { LOG_BOUNDS, logLine, readLog } from '#domain/training/logs.ts';
import { getJob } from '#domain/training/read.ts';
import { JOB_STATUSES } from '#domain/training/record.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { jobPath } from './fields.ts';

const query = z.strictObject({
  cursor: z.string().min(1).max(200).optional().meta({ description: 'The `next_cursor` of an earlier response' }),
  limit: z.int().min(1).max(LIMITS.logLines).default(100).meta({ description: 'Lines at most' }),
});

const answer = z
  .strictObject({
    job_id: id,
    status: z.enum(JOB_STATUSES).meta({ description: 'Once the job has ended, no lines follow' }),
    lines: z.array(logLine.strict()),
    next_cursor: z.string().meta({ description: 'Where the next lines will be, also if there are none yet' }),
  })
  .meta({ id: 'TrainingLog' });

export const logs = route({
  method: 'GET',
  path: '/training/logs/{job_id}',
  summary: 'Read what the trainers of a job have logged',
  description: `An addition to the document. Oldest first; a running job adds lines every few seconds. Of each run of a trainer the last ${LOG_BOUNDS.chunksPerRun} batches of lines are kept, for ${LOG_BOUNDS.days} days.`,
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: jobPath, query },
  responses: { 200: { description: 'Lines', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job, query: page }, { adapters }) {
    const { lines, cursor } = await readLog(adapters.table, job, page);
    return { status: 200, body: { job_id: job.id, status: job.status, lines, next_cursor: cursor } };
  },
});
