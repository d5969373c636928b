import { z } from 'zod';
import { listSweeps } from '#domain/sweeps/lists.ts';
import { SWEEP_STATUSES } from '#domain/sweeps/record.ts';
import { route } from '#functions/http/route.ts';
import { id, nextCursor, pageAnswer, paging } from '../fields.ts';
import { showSweep, sweepAnswer } from './fields.ts';

const query = z.strictObject({
  ...paging,
  status: z.enum(SWEEP_STATUSES).optional().meta({ description: 'Filter by status' }),
  dataset_id: id.optional().meta({ description: 'Filter by dataset' }),
});

const summary = sweepAnswer
  .omit({ trials: true })
  .extend({ trials: z.strictObject({ total: z.int(), ended: z.int() }) })
  .meta({ id: 'SweepSummary' });

const answer = z
  .strictObject({ ...pageAnswer, sweeps: z.array(summary), next_cursor: nextCursor })
  .meta({ id: 'SweepList' });

export const list = route({
  method: 'GET',
  path: '/training/sweeps',
  summary: 'List the sweeps of the account, newest first',
  description: 'An addition.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query: { page, limit, cursor, ...filters } }, { adapters }) {
    const wanted = { page, limit, cursor, filters };
    const { records, nextCursor, ...found } = await listSweeps(adapters.table, caller.accountId, wanted);
    const sweeps = records.map(showSweep).map((of) => ({
      ...of,
      trials: {
        total: of.trials.length,
        ended: of.trials.filter(({ status }) => status !== 'pending' && status !== 'running').length,
      },
    }));
    return { status: 200, body: { ...found, limit, sweeps, next_cursor: nextCursor } };
  },
});
