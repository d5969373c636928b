/** What every queue consumer does with its batch: parse, handle one by one, and say which messages are to come again. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import type { Queue } from '#domain/ports/queue/port.ts';
import type { Log } from '#functions/http/contract.ts';

/** May be called again with a message that an earlier delivery handled in part. */
export type HandleMessage<M> = (message: M) => Promise<void>;

export interface ConsumerOptions<M> {
  readonly schema: z.ZodType<M>;
  /** Where the messages come from, and where those end that cannot be handled. */
  readonly queue: Pick<Queue, 'deadLetter' | 'maxReceives'>;
  readonly logger: Log;
}

/**
 * A Lambda handler for a queue. A message whose handling throws is reported as failed: the queue delivers it again. With
 * its last delivery, or at once where it is no message of this queue, it is buried with the reason instead; should that
 * fail too, the queue moves it to its dead letters by itself, without one.
 */
export function consumer<M>({ schema, queue, logger }: ConsumerOptions<M>, handle: HandleMessage<M>) {
  async function failed(record: SQSRecord, error: unknown): Promise<boolean> {
    const about = { message_id: record.messageId, queue: queueOf(record) };
    logger.error('message failed', { ...about, error: error as Error });
    const isLast = Number(record.attributes.ApproximateReceiveCount) >= queue.maxReceives;
    if (!isLast && !(error instanceof UnreadableMessageError)) return true;
    try {
      await queue.deadLetter(record.body, `${error}`);
      return false;
    } catch (deadLetterError) {
      logger.error('message not buried', { ...about, error: deadLetterError as Error });
      return true;
    }
  }

  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of event.Records) {
      try {
        await handle(read(schema, record.body));
      } catch (error) {
        if (await failed(record, error)) batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** No repetition makes it readable. */
class UnreadableMessageError extends Error {
  override readonly name = 'UnreadableMessageError';
}

function read<M>(schema: z.ZodType<M>, body: string): M {
  try {
    return schema.parse(JSON.parse(body));
  } catch (error) {
    throw new UnreadableMessageError((error as Error).message, { cause: error });
  }
}

const queueOf = (record: SQSRecord): string => record.eventSourceARN.split(':').at(-1) ?? '';
