import { getWebhook } from '#domain/webhooks/read.ts';
import { route } from '#functions/http/route.ts';
import { showWebhook, webhookAnswer, webhookPath } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/webhooks/{webhook_id}',
  summary: 'Get a webhook with its state',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: webhookPath },
  responses: { 200: { description: 'The webhook', schema: webhookAnswer } },
  async handler({ caller, path }, services) {
    const found = await getWebhook(services.adapters.table, caller.accountId, path.webhook_id);
    return { status: 200, body: await showWebhook(services, found) };
  },
});
