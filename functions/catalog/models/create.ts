import { z } from 'zod';
import { createEntry } from '#domain/catalog/change.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { authorOf, model, newModelFields, operatorId, showModel } from './fields.ts';
import { signedBy } from './signed.ts';

const body = z.strictObject({ ...newModelFields, operatorId }).meta({ id: 'NewModel' });

export const create = route({
  ...common,
  path: '/api/v1/models/create',
  summary: 'Create a model',
  description: 'A `model_id` that another model of the account has is a 400.',
  scope: 'train',
  idempotent: true,
  request: { body: json(body) },
  responses: { 201: { description: 'Created', schema: envelope(model) } },
  async handler({ caller, body: { operatorId: said, ...given } }, services) {
    const { table } = services.adapters;
    const signed = signedBy(authorOf(caller, said), services);
    const created = await createEntry(table, caller.accountId, given, signed);
    return { status: 201, body: success(showModel(created)) };
  },
});
