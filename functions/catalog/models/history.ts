import { z } from 'zod';
import { readHistory } from '#domain/catalog/history.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { change, number, operatorId, showChange } from './fields.ts';
import { pageFields } from './paging.ts';

const body = z.strictObject({ id: number, ...pageFields, operatorId }).meta({ id: 'ReadHistory' });

const answer = envelope(
  z.strictObject({ items: z.array(change), total: z.int().meta({ example: 2 }), page: z.int(), size: z.int() }),
);

export const history = route({
  ...common,
  path: '/api/v1/models/history',
  summary: 'List what was changed in a model, newest first',
  description: 'An addition. Also of a model that is deleted.',
  scope: 'read',
  request: { body: json(body) },
  responses: { 200: { description: 'One page', schema: answer } },
  errors: [404],
  async handler({ caller, body: { id, page, size } }, { adapters }) {
    const { changes, total } = await readHistory(adapters.table, caller.accountId, id, { page, size });
    return { status: 200, body: success({ items: changes.map(showChange), total, page, size }) };
  },
});
