import { z } from 'zod';
import type { Table } from '#domain/ports/table/port.ts';
import { listTextJobs } from '#domain/training/lists.ts';
import { route } from '#functions/http/route.ts';
import { paging } from '../fields.ts';
import { jobCode, jobError, jobFacts, showJob, showMore, stage } from './job-body.ts';

const answer = z
  .strictObject({
    jobs: z.record(z.string(), z.strictObject({ ...jobFacts, stage, error: jobError, code: jobCode })).meta({
      description: 'By id, the newest first',
    }),
    total_jobs: z.int().meta({ description: 'Of all pages', example: 1 }),
    running_jobs: z.int().meta({ example: 1 }),
    completed_jobs: z.int().meta({ example: 0 }),
  })
  .meta({ id: 'Jobs' });

export const list = route({
  method: 'GET',
  path: '/jobs',
  summary: 'List the training jobs of this service',
  tags: ['Training'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query }, { adapters: { table, now } }) {
    const [{ records, total }, counts] = await Promise.all([
      listTextJobs(table, caller.accountId, query),
      countByStatus(table, caller.accountId),
    ]);
    return {
      status: 200,
      body: {
        jobs: Object.fromEntries(records.map((job) => [job.id, { ...showJob(job, now()), ...showMore(job) }])),
        total_jobs: total ?? records.length,
        ...counts,
      },
    };
  },
});

const AT_ONCE = 100;

/** Reads them all: jobs are not counted by their status, and a person trains hundreds of models, not millions. */
async function countByStatus(table: Table, accountId: string) {
  const counts = { running_jobs: 0, completed_jobs: 0 };
  for (let page = 1; ; page++) {
    const { records, nextCursor } = await listTextJobs(table, accountId, { page, limit: AT_ONCE });
    for (const { status } of records) {
      if (status === 'running') counts.running_jobs++;
      if (status === 'completed') counts.completed_jobs++;
    }
    if (nextCursor === null) return counts;
  }
}
