import { ConflictError } from '#domain/errors.ts';
import { getDelivery, messageOf, restartDelivery } from '#domain/webhooks/deliveries.ts';
import { sendDelivery } from '#functions/events/webhooks/send.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { getEnabled } from './enabled.ts';
import { deliveryAnswer, showDelivery, webhookPath } from './fields.ts';

export const redeliver = route({
  method: 'POST',
  path: '/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver',
  summary: 'Deliver one event again, with the same `webhook-id`',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  idempotent: true,
  request: { path: webhookPath.extend({ delivery_id: id }) },
  responses: { 202: { description: 'It is being sent', schema: deliveryAnswer } },
  errors: [409],
  async handler({ caller, path }, { adapters, logger }) {
    const { table, queues, now } = adapters;
    const webhook = await getEnabled(table, caller.accountId, path.webhook_id);
    const found = await getDelivery(table, caller.accountId, webhook.id, path.delivery_id);
    const restarted = await restartDelivery(table, found, now());
    if (!restarted) throw new ConflictError(`Delivery ${path.delivery_id} is pending already`);
    await sendDelivery({ queues, logger }, messageOf(restarted));
    return { status: 202, body: showDelivery(restarted) };
  },
});
