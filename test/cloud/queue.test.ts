import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { SqsQueue } from '#aws/queue/queue.ts';
import { queueConformance } from '../conformance/queue.ts';
import { startWithClock } from './clock.ts';

/** More than the suite has cases. */
const QUEUES = 20;

queueConformance('SQS of MiniStack', async () => {
  const { stack, advance } = await startWithClock();
  const client = stack.clients().sqs;
  const create = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> => {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  };
  const pairs = await Promise.all(
    Array.from({ length: QUEUES }, async (_, n) => {
      const dead = await create(`dead-${n}`);
      const attributes = new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] });
      const { Attributes: { QueueArn: deadLetterTargetArn } = {} } = await client.send(attributes);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
      const url = await create(`queue-${n}`, {
        VisibilityTimeout: '30',
        MaximumMessageSize: '262144',
        RedrivePolicy,
      });
      const queue = new SqsQueue({ client, url, deadLetters: dead, maxReceives: 3 });
      return { queue, deadLetters: new SqsQueue({ client, url: dead }) };
    }),
  );
  return { fresh: () => pairs.pop()!, advance, close: () => stack.stop() };
});
