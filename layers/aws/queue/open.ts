import { SQSClient } from '@aws-sdk/client-sqs';
import { type ClientOptions, clientConfig } from '../client-options.ts';
import { type QueueContext, SqsQueue } from './queue.ts';

/** Opens queues over one client. */
export function openQueues(options: ClientOptions): (context: Omit<QueueContext, 'client'>) => SqsQueue {
  const client = new SQSClient(clientConfig(options));
  return (context) => new SqsQueue({ client, ...context });
}
