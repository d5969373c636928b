import { z } from 'zod';
import { listWebhooks } from '#domain/webhooks/read.ts';
import { route } from '#functions/http/route.ts';
import { showWebhook, webhookAnswer } from './fields.ts';

const answer = z.strictObject({ total: z.int(), webhooks: z.array(webhookAnswer) }).meta({ id: 'WebhookList' });

export const list = route({
  method: 'GET',
  path: '/webhooks',
  summary: 'List all webhooks, oldest first',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  responses: { 200: { description: 'All of them', schema: answer } },
  async handler({ caller }, services) {
    const found = await listWebhooks(services.adapters.table, caller.accountId);
    const webhooks = await Promise.all(found.map((webhook) => showWebhook(services, webhook)));
    return { status: 200, body: { total: webhooks.length, webhooks } };
  },
});
