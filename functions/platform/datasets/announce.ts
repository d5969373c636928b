import type { Dataset } from '#domain/datasets/record.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Log } from '#functions/http/contract.ts';

export interface Announcement {
  /** When it is processed, if not at once. */
  readonly delaySeconds?: number;
  /** Whether its profile lies beside it already. */
  readonly isRead?: boolean;
}

/**
 * Sends a dataset's message to be processed. A failure is only logged: the sweep finds the dataset and sends it again.
 */
export async function announce(
  { queues }: Pick<Adapters, 'queues'>,
  logger: Log,
  of: Dataset,
  { isRead = false, ...delay }: Announcement = {},
): Promise<void> {
  const message = { account_id: of.account_id, dataset_id: of.id, ...(isRead ? { is_read: true as const } : {}) };
  try {
    await send(queues.datasets, message, delay);
  } catch (error) {
    logger.error('dataset message not sent', { dataset_id: of.id, error });
  }
}
