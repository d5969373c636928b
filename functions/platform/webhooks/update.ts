import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { changeWebhook } from '#domain/webhooks/change.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { checkWebhook, showWebhook, webhookAnswer, webhookFields, webhookPath } from './fields.ts';

const { url, events, filter, description } = webhookFields;

const body = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    filter: filter.nullable().optional().meta({ description: '`null` removes it' }),
    description: description.optional(),
    enabled: z
      .boolean()
      .optional()
      .meta({ description: 'Whether events are sent. What was missed in between can be replayed' }),
  })
  .meta({ id: 'WebhookChange' });

export const update = route({
  method: 'PATCH',
  path: '/webhooks/{webhook_id}',
  summary: 'Change, disable or enable a webhook',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: webhookPath, body: json(body) },
  responses: { 200: { description: 'The webhook as it is now', schema: webhookAnswer } },
  resource: ({ caller, path }, { adapters }) => getWebhook(adapters.table, caller.accountId, path.webhook_id),
  async handler({ resource: found, body: change }, services) {
    const { table, now } = services.adapters;
    checkWebhook(change, services.settings);
    const changed = await changeWebhook(table, found, change, isoTime(now()));
    return { status: 200, body: await showWebhook(services, changed) };
  },
});
