import type { Queue, QueueName } from '#domain/ports/queue/port.ts';
import { lazily } from './lazily.ts';
import type { Part } from './part.ts';

export const queues: Part = ({ variables, options }) => {
  let opening: ReturnType<typeof open> | undefined;
  const open = async () => (await import('../queue/open.ts')).openQueues(options);
  const queue = <N extends QueueName>(name: N): Queue => {
    const upper = name.toUpperCase() as Uppercase<N>;
    const deadLetters = variables[`TRAINYARD_DEAD_${upper}`];
    const maxReceives = variables[`TRAINYARD_RECEIVES_${upper}`];
    const context = {
      url: variables[`TRAINYARD_QUEUE_${upper}`],
      ...(deadLetters === undefined ? {} : { deadLetters }),
      ...(maxReceives === undefined ? {} : { maxReceives }),
    };
    return lazily<Queue, 'maxReceives'>(
      async () => {
        opening ??= open();
        return (await opening)(context);
      },
      { maxReceives: maxReceives ?? Number.POSITIVE_INFINITY },
    );
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
