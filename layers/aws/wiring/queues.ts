import { SQSClient } from '@aws-sdk/client-sqs';
import { SqsQueue } from '#aws/queue/queue.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { clientConfig } from '../client-options.ts';
import type { Part } from './part.ts';

export const queues: Part = ({ variables, options }) => {
  const client = new SQSClient(clientConfig(options));
  const queue = <N extends QueueName>(name: N) => {
    const upper = name.toUpperCase() as Uppercase<N>;
    const deadLetters = variables[`TRAINYARD_DEAD_${upper}`];
    const maxReceives = variables[`TRAINYARD_RECEIVES_${upper}`];
    return new SqsQueue({
      client,
      url: variables[`TRAINYARD_QUEUE_${upper}`],
      ...(deadLetters === undefined ? {} : { deadLetters }),
      ...(maxReceives === undefined ? {} : { maxReceives }),
    });
  };
  return {
    queues: {
      datasets: queue('datasets'),
      training: queue('training'),
      webhooks: queue('webhooks'),
      predictions: queue('predictions'),
      logs: queue('logs'),
      vault: queue('vault'),
      encoders: queue('encoders'),
    },
  };
};
