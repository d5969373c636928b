import { z } from 'zod';
import { listModels } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { route } from '#functions/http/route.ts';
import { limit, page, slicePage } from '../fields.ts';
import { modelSummary, showSummary } from './fields.ts';

/** Newest first, best first, and alphabetical. Models without an accuracy come last. */
const ORDERS: Readonly<Record<'created_at' | 'accuracy' | 'name', (a: Model, b: Model) => number>> = {
  created_at: (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at),
  accuracy: (a, b) => (b.performance.accuracy ?? -1) - (a.performance.accuracy ?? -1),
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
};

const query = z.strictObject({
  page,
  limit,
  model_type: z.string().min(1).max(100).optional().meta({ description: 'Filter by model type' }),
  sort_by: z.enum(['created_at', 'accuracy', 'name']).default('created_at').meta({ description: 'Sort field' }),
});

const answer = z
  .strictObject({ total: z.int(), page: z.int(), limit: z.int(), models: z.array(modelSummary) })
  .meta({ id: 'ModelList' });

export const list = route({
  method: 'GET',
  path: '/models',
  summary: 'List all trained models',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query: { page, limit, model_type, sort_by } }, { adapters }) {
    const all = await listModels(adapters.table, caller.accountId);
    const wanted = all
      .filter((model) => model_type === undefined || model.model_type === model_type)
      .sort((a, b) => ORDERS[sort_by](a, b) || (a.id < b.id ? 1 : -1));
    const models = slicePage(wanted, { page, limit }).map(showSummary);
    return { status: 200, body: { total: wanted.length, page, limit, models } };
  },
});
