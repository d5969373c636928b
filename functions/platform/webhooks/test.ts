import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import { createDelivery, messageOf, newDelivery } from '#domain/webhooks/deliveries.ts';
import { sendDelivery } from '#functions/events/webhooks/send.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { getEnabled } from './enabled.ts';
import { webhookPath } from './fields.ts';

/** The type of the event that only a test sends. */
const TYPE = 'webhook.test';

const answer = z.strictObject({ delivery_id: id }).meta({ id: 'WebhookTest' });

export const test = route({
  method: 'POST',
  path: '/webhooks/{webhook_id}/test',
  summary: 'Send a test event',
  description: `An event of type \`${TYPE}\`, whatever the webhook's events and filter. It is tried once; the log of deliveries has the response.`,
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  idempotent: true,
  request: { path: webhookPath },
  responses: { 202: { description: 'It is being sent', schema: answer } },
  errors: [409],
  async handler({ caller, path }, { adapters, logger }) {
    const { table, queues, now } = adapters;
    const webhook = await getEnabled(table, caller.accountId, path.webhook_id);
    const at = now();
    const data = { webhook_id: webhook.id, message: 'A test of this webhook' };
    const detail = { ...data, event_id: newId(at), occurred_at: isoTime(at) };
    const created = newDelivery(webhook, { type: TYPE, detail }, at, 1);
    await createDelivery(table, created, at);
    await sendDelivery({ queues, logger }, messageOf(created));
    return { status: 202, body: { delivery_id: created.event_id } };
  },
});
