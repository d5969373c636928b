/** Messages of the queue `webhooks`. A message that cannot be sent is only logged: the schedule sends another. */
import { send, type WebhookMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Log } from '#functions/http/contract.ts';

export interface SendContext {
  readonly queues: Pick<Adapters['queues'], 'webhooks'>;
  readonly logger: Log;
}

export async function sendDelivery(
  { queues, logger }: SendContext,
  message: Extract<WebhookMessage, { kind: 'deliver' }>,
  delaySeconds = 0,
): Promise<void> {
  try {
    await send(queues.webhooks, message, delaySeconds === 0 ? {} : { delaySeconds });
  } catch (error) {
    const { webhook_id, event_id } = message;
    logger.warn('delivery left to the schedule', { webhook_id, event_id, error: error as Error });
  }
}
