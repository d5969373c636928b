/** What every queue consumer does with its batch: parse, handle, and report which messages to redeliver. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import type { Queue } from '#domain/ports/queue/port.ts';
import type { Log } from '#functions/http/contract.ts';

/**
 * Must be idempotent: a message is redelivered, with the same id, when it was handled only in part.
 */
export type HandleMessage<M> = (message: M, id: string) => Promise<void>;

/** Handles messages together; a group fails or succeeds as a whole. */
export type HandleGroup<M> = (messages: readonly M[]) => Promise<void>;

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
export function consumer<M>(options: ConsumerOptions<M>, handle: HandleMessage<M>) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failures = new Failures(options);
    for (const record of event.Records) {
      await failures.of([record], () => handle(read(options.schema, record.body), record.messageId));
    }
    return failures.response;
  };
}

/** The same for messages that are handled in groups, by what `groupOf` says. */
export function groupConsumer<M>(options: ConsumerOptions<M>, groupOf: (message: M) => string, handle: HandleGroup<M>) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failures = new Failures(options);
    const readable: { readonly record: SQSRecord; readonly message: M }[] = [];
    for (const record of event.Records) {
      await failures.of([record], async () => {
        readable.push({ record, message: read(options.schema, record.body) });
      });
    }
    for (const group of Map.groupBy(readable, ({ message }) => groupOf(message)).values()) {
      await failures.of(
        group.map(({ record }) => record),
        () => handle(group.map(({ message }) => message)),
      );
    }
    return failures.response;
  };
}

class Failures {
  readonly response: SQSBatchResponse = { batchItemFailures: [] };
  readonly #queue: Pick<Queue, 'deadLetter' | 'maxReceives'>;
  readonly #logger: Log;

  constructor({ queue, logger }: Pick<ConsumerOptions<unknown>, 'queue' | 'logger'>) {
    this.#queue = queue;
    this.#logger = logger;
  }

  /** Handles these messages; where that throws they have failed. */
  async of(records: readonly SQSRecord[], handle: () => Promise<void>): Promise<void> {
    try {
      await handle();
    } catch (error) {
      for (const record of records) {
        if (await this.#redelivers(record, error))
          this.response.batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
  }

  async #redelivers(record: SQSRecord, error: unknown): Promise<boolean> {
    const about = { message_id: record.messageId, queue: queueOf(record) };
    this.#logger.error('message failed', { ...about, error: error as Error });
    const isLast = Number(record.attributes.ApproximateReceiveCount) >= this.#queue.maxReceives;
    if (!isLast && !(error instanceof UnreadableMessageError)) return true;
    try {
      await this.#queue.deadLetter(record.body, `${error}`);
      return false;
    } catch (deadLetterError) {
      this.#logger.error('message not dead-lettered', { ...about, error: deadLetterError as Error });
      return true;
    }
  }
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
