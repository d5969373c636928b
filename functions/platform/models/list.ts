import { z } from 'zod';
import { listModels, MODEL_SORTS } from '#domain/models/lists.ts';
import { route } from '#functions/http/route.ts';
import { namePrefix, nextCursor, ORDERS, order, pageAnswer, paging, timeBefore, timeFrom } from '../fields.ts';
import { modelSummary, showSummary } from './fields.ts';

/** Newest first, best first, and alphabetical. Models without an accuracy come last. */
const DEFAULT_ORDERS = { created_at: 'desc', accuracy: 'desc', name: 'asc' } as const;

const query = z.strictObject({
  ...paging,
  model_type: z.string().min(1).max(100).optional().meta({ description: 'Filter by model type' }),
  sort_by: z.enum(MODEL_SORTS).default('created_at').meta({ description: 'Sort field' }),
  order: order.optional().meta({
    description: 'An addition: sort order. Default: newest first, highest accuracy first, names from A to Z',
  }),
  name_prefix: namePrefix,
  created_after: timeFrom,
  created_before: timeBefore,
  accuracy_min: z.number().optional().meta({ description: 'An addition: only models of this accuracy or more' }),
  accuracy_max: z.number().optional().meta({ description: 'An addition: only models of this accuracy or less' }),
});

const answer = z
  .strictObject({ ...pageAnswer, models: z.array(modelSummary), next_cursor: nextCursor })
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
  async handler({ caller, query: { page, limit, cursor, model_type, sort_by, order, ...filters } }, { adapters }) {
    const wanted = {
      ...{ page, limit, cursor, modelType: model_type, filters },
      ...{ sort: sort_by, order: ORDERS[order ?? DEFAULT_ORDERS[sort_by]] },
    };
    const { records, nextCursor, ...found } = await listModels(adapters.table, caller.accountId, wanted);
    return { status: 200, body: { ...found, limit, models: records.map(showSummary), next_cursor: nextCursor } };
  },
});
