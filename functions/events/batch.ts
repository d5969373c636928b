/** What every queue consumer does with its batch: parse, handle one by one, and say which messages are to come again. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import type { Log } from '#functions/http/contract.ts';

/** `redelivered`: whether an earlier delivery may have been handled in part. */
export type HandleMessage<M> = (message: M, delivery: { redelivered: boolean }) => Promise<void>;

/**
 * A Lambda handler for a queue. A message that is no message of this queue, or whose handling throws, is reported as
 * failed; the queue delivers it again and moves it to its dead-letter queue in the end.
 */
export function consumer<M>(schema: z.ZodType<M>, logger: Log, handle: HandleMessage<M>) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of event.Records) {
      try {
        const redelivered = Number(record.attributes.ApproximateReceiveCount) > 1;
        await handle(schema.parse(JSON.parse(record.body)), { redelivered });
      } catch (error) {
        logger.error('message failed', { message_id: record.messageId, queue: queueOf(record), error: error as Error });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

const queueOf = (record: SQSRecord): string => record.eventSourceARN.split(':').at(-1) ?? '';
