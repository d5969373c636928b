import { z } from 'zod';
import { listEntries } from '#domain/catalog/lists.ts';
import { LIMITS } from '#domain/limits.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { model, operatorId, showModel } from './fields.ts';
import { pageFields } from './paging.ts';

const body = z
  .strictObject({
    ...pageFields,
    is_active: z.boolean().optional().meta({ description: 'Only those that are, or are not', example: true }),
    operatorId,
  })
  .meta({ id: 'ListModels' });

const answer = envelope(
  z.strictObject({
    items: z.array(model),
    total: z.int().meta({ description: 'Of all pages', example: 15 }),
    page: z.int(),
    size: z.int(),
  }),
);

export const list = route({
  ...common,
  path: '/api/v1/models/list',
  summary: 'List models',
  description: `In the order of their numbers. At most ${LIMITS.pageSize} on a page.`,
  scope: 'read',
  request: { body: json(body) },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, body: { page, size, is_active } }, { adapters }) {
    const wanted = { page, size, isActive: is_active };
    const { entries, total } = await listEntries(adapters.table, caller.accountId, wanted);
    return { status: 200, body: success({ items: entries.map(showModel), total, page, size }) };
  },
});
