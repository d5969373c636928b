import { z } from 'zod';
import { changeEntry } from '#domain/catalog/change.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { authorOf, model, number, operatorId, settingFields, showModel, version } from './fields.ts';
import { signedBy } from './signed.ts';

const body = z
  .strictObject({ id: number, ...z.object(settingFields).partial().shape, version, operatorId })
  .meta({ id: 'UpdateModel' });

export const update = route({
  ...common,
  path: '/api/v1/models/update',
  summary: 'Update a model',
  description: 'What is left out stays as it is; null removes a setting. Nothing to change is no change.',
  scope: 'train',
  idempotent: true,
  request: { body: json(body, { id: 1, name: 'GPT-4 Turbo (Updated)', is_active: false, operatorId: 1 }) },
  responses: { 200: { description: 'The model as it is now', schema: envelope(model) } },
  errors: [404, 409],
  async handler({ caller, body: { operatorId: said, ...given } }, services) {
    const { table } = services.adapters;
    const signed = signedBy(authorOf(caller, said), services);
    const { after } = await changeEntry(table, caller.accountId, given, signed);
    return { status: 200, body: success(showModel(after)) };
  },
});
