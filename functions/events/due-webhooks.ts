/** Schedule: sends the messages of deliveries that have become due, and of those whose message was lost. */
import type { Adapters } from '#domain/ports/adapters.ts';
import { messageOf, takeDue } from '#domain/webhooks/deliveries.ts';
import type { Log } from '#functions/http/contract.ts';
import { sendDelivery } from './webhooks/send.ts';

const AT_ONCE = 100;
/** In one run; the next one continues. */
const ROUNDS = 20;

type DueAdapters = Pick<Adapters, 'table' | 'queues' | 'now'>;

export function makeHandler({ table, queues, now }: DueAdapters, { logger }: { readonly logger: Log }) {
  return async (): Promise<void> => {
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const due = await takeDue(table, now(), AT_ONCE);
      await Promise.all(due.map((delivery) => sendDelivery({ queues, logger }, messageOf(delivery))));
      sent += due.length;
      if (due.length < AT_ONCE) break;
    }
    if (sent > 0) logger.info('sent due deliveries', { sent });
  };
}
