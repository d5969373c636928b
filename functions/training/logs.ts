import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { InvalidCursorError } from '#domain/ports/errors.ts';
import { LEVELS } from '#domain/training/logs.ts';
import { readRecentLog } from '#domain/training/recent-log.ts';
import { route } from '#functions/http/route.ts';
import { time } from './fields.ts';
import { getTextJob } from './jobs/find.ts';

const query = z.strictObject({
  job_id: z.string().min(1).max(100).optional().meta({ description: 'An addition: of one job' }),
  level: z.enum(LEVELS).optional().meta({ description: 'An addition: of one level' }),
  limit: z
    .int()
    .min(1)
    .max(LIMITS.logLines)
    .default(100)
    .meta({ description: 'An addition: lines at least, where there are so many; a batch of lines is not torn' }),
  cursor: z.string().min(1).max(1000).optional().meta({ description: 'An addition: `next_cursor`, for earlier lines' }),
});

const answer = z
  .strictObject({
    logs: z.array(
      z.strictObject({
        timestamp: time,
        level: z.enum(LEVELS),
        message: z.string().meta({ example: 'epoch 1 of 2: loss 1.5, accuracy 0.4' }),
        job_id: z.string(),
      }),
    ),
    total_logs: z.int().meta({ description: 'In this answer', example: 2 }),
    next_cursor: z.string().nullable().meta({
      description: 'An addition: the `cursor` of earlier lines; null where there are none',
    }),
  })
  .meta({ id: 'TrainingLogs' });

export const logs = route({
  method: 'GET',
  path: '/logs',
  summary: 'Get the latest lines of the logs of training jobs',
  description: 'Oldest first. A running job adds lines every few seconds.',
  tags: ['Training'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'Lines', schema: answer } },
  errors: [404],
  async handler({ caller: { accountId }, query: { job_id, ...wanted } }, { adapters: { table } }) {
    const job = job_id === undefined ? undefined : await getTextJob(table, accountId, job_id);
    try {
      const { lines, cursor } = await readRecentLog(table, accountId, { ...wanted, jobId: job?.id });
      return {
        status: 200,
        body: {
          logs: lines.map(({ time: timestamp, level, message, jobId }) => ({
            timestamp,
            level,
            message,
            job_id: jobId,
          })),
          total_logs: lines.length,
          next_cursor: cursor ?? null,
        },
      };
    } catch (error) {
      if (!(error instanceof InvalidCursorError)) throw error;
      throw ValidationError.of('cursor', 'must be a next_cursor of this log, with the same job_id');
    }
  },
});
