import type { Dataset } from '#domain/datasets/record.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Log } from '#functions/http/contract.ts';

/**
 * Sends a dataset's message to be processed. A failure is only logged: the sweep finds the dataset and sends it again.
 */
export async function announce({ queues }: Adapters, logger: Log, of: Dataset): Promise<void> {
  try {
    await send(queues.datasets, { account_id: of.account_id, dataset_id: of.id });
  } catch (error) {
    logger.error('dataset message not sent', { dataset_id: of.id, error });
  }
}
