import { z } from 'zod';
import { deleteEntry } from '#domain/catalog/change.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { done, emptyEnvelope } from '../envelope.ts';
import { common } from './common.ts';
import { authorOf, number, operatorId, version } from './fields.ts';
import { signedBy } from './signed.ts';

const body = z.strictObject({ id: number, version, operatorId }).meta({ id: 'DeleteModel' });

export const remove = route({
  ...common,
  path: '/api/v1/models/delete',
  summary: 'Delete a model',
  description: 'Its number is not used again, and its history stays. Its `model_id` is free.',
  scope: 'admin',
  idempotent: true,
  request: { body: json(body, { id: 1, operatorId: 1 }) },
  responses: { 200: { description: 'Deleted', schema: emptyEnvelope } },
  errors: [404, 409],
  async handler({ caller, body: { operatorId: said, ...wanted } }, services) {
    const { table } = services.adapters;
    const signed = signedBy(authorOf(caller, said), services);
    await deleteEntry(table, caller.accountId, wanted, signed);
    return { status: 200, body: done };
  },
});
