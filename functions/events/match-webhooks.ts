/** Every event about an account's records: which of its webhooks want it? Each of those gets a delivery. */
import type { EventBridgeEvent } from 'aws-lambda';
import { z } from 'zod';
import type { DomainEvent } from '#domain/events/event.ts';
import { logEvent } from '#domain/events/log.ts';
import { EVENT_TYPES } from '#domain/events/types.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { accountOf } from '#domain/ports/events/envelope.ts';
import { createDelivery, messageOf, newDelivery } from '#domain/webhooks/deliveries.ts';
import { wants } from '#domain/webhooks/match.ts';
import { listWebhooks } from '#domain/webhooks/read.ts';
import type { Log } from '#functions/http/contract.ts';
import { sendDelivery } from './webhooks/send.ts';

type MatchAdapters = Pick<Adapters, 'table' | 'queues' | 'now'>;

const envelope = z.object({
  'detail-type': z.enum(EVENT_TYPES),
  detail: z.object({ event_id: z.string(), occurred_at: z.string() }).catchall(z.json()),
});

/** An event may come twice: there is one delivery of it to each webhook, so nothing is sent twice for it. */
export function makeHandler({ table, queues, now }: MatchAdapters, { logger }: { readonly logger: Log }) {
  return async (given: EventBridgeEvent<string, unknown>): Promise<void> => {
    const { 'detail-type': type, detail } = envelope.parse(given);
    const event: DomainEvent = { type, account: accountOf(given), detail };
    const webhooks = await listWebhooks(table, event.account);
    if (webhooks.length === 0) return;
    await logEvent(table, event, now());
    const wanting = webhooks.filter((webhook) => webhook.enabled && wants(webhook, event));
    await Promise.all(
      wanting.map(async (webhook) => {
        const created = newDelivery(webhook, event, now());
        if (!(await createDelivery(table, created, now()))) return;
        await sendDelivery({ queues, logger }, messageOf(created));
      }),
    );
    logger.info('matched webhooks', { event_id: detail.event_id, event_type: type, deliveries: wanting.length });
  };
}
