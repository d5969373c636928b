import { z } from 'zod';
import { getEntry } from '#domain/catalog/read.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { model, number, operatorId, showModel } from './fields.ts';

const body = z.strictObject({ id: number, operatorId }).meta({ id: 'GetModel' });

export const read = route({
  ...common,
  path: '/api/v1/models/get',
  summary: 'Get a model',
  scope: 'read',
  request: { body: json(body) },
  responses: { 200: { description: 'The model', schema: envelope(model) } },
  errors: [404],
  async handler({ caller, body: { id } }, { adapters }) {
    return { status: 200, body: success(showModel(await getEntry(adapters.table, caller.accountId, id))) };
  },
});
