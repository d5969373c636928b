/**
 * A message `deliver`: makes one attempt, if it is still to be made. The message may come twice, late, or after a crash:
 *
 *     claim ── post ── record the attempt ── message for the next one
 *            ▲      ▲                      ▲
 *            │      │                      └ crash: the schedule sends that message
 *            │      └ crash: the claim ends, and the same delivery is posted again, with the same id
 *            └ crash: the claim ends
 */
import type { DeliverMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import {
  cancelDelivery,
  claimDelivery,
  deleteDelivery,
  findDelivery,
  messageOf,
  settleDelivery,
} from '#domain/webhooks/deliveries.ts';
import { recordFailure, recordSuccess } from '#domain/webhooks/health.ts';
import { findWebhook } from '#domain/webhooks/read.ts';
import type { Log } from '#functions/http/contract.ts';
import { type AttemptContext, attemptDelivery } from './attempt.ts';
import { sendDelivery } from './send.ts';

export type DeliverContext = AttemptContext & Pick<Adapters, 'table' | 'queues'> & { readonly logger: Log };

export async function deliver(context: DeliverContext, message: DeliverMessage): Promise<void> {
  const { table, now, logger } = context;
  const { account_id, webhook_id, event_id } = message;
  const found = await findDelivery(table, account_id, webhook_id, event_id);
  if (found?.status !== 'pending' || found.attempt + 1 !== message.attempt) return;
  const webhook = await findWebhook(table, account_id, webhook_id);
  if (!webhook) return deleteDelivery(table, found);
  if (!webhook.enabled) return cancelDelivery(table, found);
  const claimed = await claimDelivery(table, found, now());
  if (!claimed) return;

  const { made, settlement, isGone } = await attemptDelivery(context, claimed, webhook);
  const succeeded = settlement === 'delivered';
  const about = { webhook_id, event_id, attempt: made.number, status: made.response?.status, error: made.error };
  logger.info(succeeded ? 'delivered' : 'delivery failed', { ...about, latency_ms: made.latency_ms });
  const delaySeconds = await settleDelivery(table, claimed, made, settlement, now());
  if (succeeded) await recordSuccess(table, webhook);
  else if (await recordFailure(table, webhook, isGone, now())) logger.warn('webhook disabled', { webhook_id });
  if (delaySeconds !== undefined) {
    await sendDelivery(context, messageOf({ ...claimed, attempt: made.number }), delaySeconds);
  }
}
