/**
 * A message `replay`: delivers again, page by page, the events of a range of time that the webhook wants today, those
 * that it missed while it was disabled or did not exist included.
 */
import type { DomainEvent } from '#domain/events/event.ts';
import { loggedEvents } from '#domain/events/log.ts';
import { type ReplayMessage, send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { createDelivery, findDelivery, messageOf, newDelivery, restartDelivery } from '#domain/webhooks/deliveries.ts';
import type { Delivery } from '#domain/webhooks/delivery.ts';
import { wants } from '#domain/webhooks/match.ts';
import { findWebhook } from '#domain/webhooks/read.ts';
import type { Webhook } from '#domain/webhooks/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { sendDelivery } from './send.ts';

type ReplayContext = Pick<Adapters, 'table' | 'queues' | 'now'> & { readonly logger: Log };

const PAGE = 50;

export async function replay(context: ReplayContext, message: ReplayMessage): Promise<void> {
  const { table, queues, logger } = context;
  const { account_id, webhook_id, cursor } = message;
  const webhook = await findWebhook(table, account_id, webhook_id);
  if (!webhook?.enabled) return;
  const range = { from: Date.parse(message.from), to: Date.parse(message.to) };
  const page = await loggedEvents(table, account_id, range, { limit: PAGE, cursor });
  const wanted = page.events.filter((event) => wants(webhook, event));
  const due = await Promise.all(wanted.map((event) => makeDue(context, webhook, event)));
  for (const delivery of due) if (delivery) await sendDelivery(context, messageOf(delivery));
  logger.info('replayed', { webhook_id, events: page.events.length, deliveries: due.filter(Boolean).length });
  // A crash before this repeats the page, whose deliveries are pending then.
  if (page.cursor !== undefined) await send(queues.webhooks, { ...message, cursor: page.cursor });
}

/** `undefined` if the delivery is pending already. */
async function makeDue({ table, now }: ReplayContext, webhook: Webhook, event: DomainEvent) {
  const created: Delivery = newDelivery(webhook, event, now());
  if (await createDelivery(table, created, now())) return created;
  const found = await findDelivery(table, webhook.account_id, webhook.id, event.detail.event_id);
  return found && restartDelivery(table, found, now());
}
