import { z } from 'zod';
import { InternalError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { listModels } from '#domain/models/lists.ts';
import { route } from '#functions/http/route.ts';
import { numberedModel, showNumbered } from './fields.ts';

const query = z.strictObject({
  page: z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'Page number' }),
  page_size: z.int().min(1).max(LIMITS.pageSize).default(20).meta({ description: 'Items per page' }),
  algorithm: z.string().min(1).max(100).optional().meta({ description: 'Filter by algorithm', example: 'mlp' }),
});

const answer = z
  .strictObject({
    items: z.array(numberedModel),
    meta: z.strictObject({ page: z.int(), page_size: z.int(), total: z.int(), total_pages: z.int() }),
  })
  .meta({ id: 'NumberedModelList' });

export const list = route({
  method: 'GET',
  path: '/api/v1/models',
  summary: 'List models by number',
  tags: ['Numbered models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page, newest first', schema: answer } },
  async handler({ caller, query: { page, page_size, algorithm } }, { adapters }) {
    const wanted = { sort: 'created_at', order: 'descending', page, limit: page_size, modelType: algorithm } as const;
    const { records, total } = await listModels(adapters.table, caller.accountId, wanted);
    if (total === null) throw new InternalError('a list without filters has no total');
    const meta = { page, page_size, total, total_pages: Math.ceil(total / page_size) };
    return { status: 200, body: { items: records.map(showNumbered), meta } };
  },
});
