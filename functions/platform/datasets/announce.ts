import type { Dataset } from '#domain/datasets/record.ts';
import type { DatasetMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Log } from '#functions/http/contract.ts';

/** Has a dataset processed. It is written already, so a queue that fails fails nobody: the sweep finds it waiting. */
export async function announce({ queues }: Adapters, logger: Log, of: Dataset): Promise<void> {
  const message: DatasetMessage = { account_id: of.account_id, dataset_id: of.id };
  try {
    await queues.datasets.send(JSON.stringify(message));
  } catch (error) {
    logger.error('dataset not announced', { dataset_id: of.id, error });
  }
}
