import { createHash } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ReceivedMessage } from '#domain/ports/queue/port.ts';
import type { EmbeddedAdapters, EmbeddedOptions } from '#embedded/adapters.ts';
import { queues } from '../../topology.ts';
import type { Invoker } from '../invoke/invoker.ts';
import { type Pump, pump } from './consume.ts';

/**
 * The topology's queues, as the store needs them. Where a queue has several consumers, one account may occupy all but one
 * of them.
 */
export const queueSettings = Object.fromEntries(
  Object.entries(queues).map(([name, { visibilitySeconds, maxReceives, batchSize, concurrency }]) => {
    const fair = concurrency > 1 ? { groupInFlight: (concurrency - 1) * batchSize } : {};
    return [name, { visibilitySeconds, maxReceives, ...fair }];
  }),
) as EmbeddedOptions['queues'];

/** Calls each queue's consumer with SQS events and handles partial failures, as Lambda's event source mapping does. */
export function pumpQueues(
  adapters: EmbeddedAdapters,
  invoker: Invoker,
  onError: (error: unknown, where: string) => void,
): Pump[] {
  return Object.entries(queues).flatMap(([name, spec]) =>
    Array.from({ length: spec.concurrency }, () =>
      pump({
        queue: adapters.queuesByName.get(name)!,
        batchSize: spec.batchSize,
        ...(spec.windowSeconds === undefined ? {} : { windowSeconds: spec.windowSeconds }),
        watch: adapters.watch,
        now: adapters.now,
        onError,
        handle: async (messages) => {
          const answer = (await invoker.invoke(spec.consumer, toSqsEvent(name, messages))) as
            | SQSBatchResponse
            | undefined;
          return new Set(answer?.batchItemFailures.map((failure) => failure.itemIdentifier) ?? []);
        },
      }),
    ),
  );
}

function toSqsEvent(queue: string, messages: readonly ReceivedMessage[]): SQSEvent {
  return {
    Records: messages.map((message) => ({
      messageId: message.id,
      receiptHandle: message.receipt,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receives),
        SentTimestamp: String(message.sentAt),
        SenderId: 'local',
        ApproximateFirstReceiveTimestamp: String(message.sentAt),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(message.body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
      awsRegion: 'local',
    })),
  };
}
