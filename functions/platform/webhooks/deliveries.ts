import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { InvalidCursorError } from '#domain/ports/errors.ts';
import { listDeliveries } from '#domain/webhooks/deliveries.ts';
import { DELIVERY_STATUSES } from '#domain/webhooks/delivery.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import { route } from '#functions/http/route.ts';
import { limit } from '../fields.ts';
import { deliveryAnswer, showDelivery, webhookPath } from './fields.ts';

const query = z.strictObject({
  limit,
  status: z.enum(DELIVERY_STATUSES).optional().meta({
    description: 'Only those with this status. A page may then have fewer than `limit`, or none, before the end',
  }),
  cursor: z.string().min(1).max(2000).optional().meta({ description: 'The `next_cursor` of the page before' }),
});

const answer = z
  .strictObject({ deliveries: z.array(deliveryAnswer), next_cursor: z.string().nullable() })
  .meta({ id: 'WebhookDeliveries' });

export const deliveries = route({
  method: 'GET',
  path: '/webhooks/{webhook_id}/deliveries',
  summary: 'The log of deliveries: those of the newest events first, for 30 days',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: webhookPath, query },
  responses: { 200: { description: 'One page', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getWebhook(adapters.table, caller.accountId, path.webhook_id),
  async handler({ caller, resource: { id }, query: page }, { adapters: { table } }) {
    try {
      const found = await listDeliveries(table, caller.accountId, id, page);
      return {
        status: 200,
        body: { deliveries: found.deliveries.map(showDelivery), next_cursor: found.cursor ?? null },
      };
    } catch (error) {
      if (!(error instanceof InvalidCursorError)) throw error;
      throw ValidationError.of('cursor', "must be the next_cursor of a page of this webhook's deliveries");
    }
  },
});
