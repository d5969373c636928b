/** What every queue consumer does with its batch: parse, handle one by one, and report which messages to redeliver. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import type { Queue } from '#domain/ports/queue/port.ts';
import type { Log } from '#functions/http/contract.ts';

/**
 * Must be idempotent: a message is redelivered, with the same id, when it was handled only in part.
 */
export type HandleMessage<M> = (message: M, id: string) => Promise<void>;

export interface ConsumerOptions<M> {
  readonly schema: z.ZodType<M>;
  /** The queue that the messages come from, with its dead-letter queue. */
  readonly queue: Pick<Queue, 'deadLetter' | 'maxReceives'>;
  readonly logger: Log;
}

/**
 * A Lambda handler for a queue. A message whose handling throws is reported as failed, and the queue redelivers it. On
 * its last delivery, or at once if it does not match the schema, it is dead-lettered with the reason instead; if that
 * fails too, the queue's redrive policy dead-letters it without one.
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
      logger.error('message not dead-lettered', { ...about, error: deadLetterError as Error });
      return true;
    }
  }

  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of event.Records) {
      try {
        await handle(read(schema, record.body), record.messageId);
      } catch (error) {
        if (await failed(record, error)) batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** A retry cannot help. */
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
