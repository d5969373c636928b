import { z } from 'zod';
import { entriesAfter } from '#domain/catalog/read.ts';
import { LIMITS } from '#domain/limits.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { operatorId, portableModel, showPortable } from './fields.ts';

const { id, transferred } = LIMITS.catalog;

const body = z
  .strictObject({
    after: z.int().min(0).max(id).default(0).meta({ description: '`next_after` of the part before' }),
    operatorId,
  })
  .meta({ id: 'ExportModels' });

const answer = envelope(
  z.strictObject({
    items: z.array(portableModel),
    next_after: z.int().nullable().meta({ description: 'For the next part; null at the end', example: null }),
  }),
);

export const exportModels = route({
  ...common,
  path: '/api/v1/models/export',
  summary: 'Export models',
  description: `An addition. In parts of ${transferred}, each of which an import takes as it is.`,
  scope: 'read',
  request: { body: json(body) },
  responses: { 200: { description: 'A part', schema: answer } },
  async handler({ caller, body: { after } }, { adapters }) {
    const { entries, nextAfter } = await entriesAfter(adapters.table, caller.accountId, after, transferred);
    return { status: 200, body: success({ items: entries.map(showPortable), next_after: nextAfter }) };
  },
});
