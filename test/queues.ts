/** One setting for every queue, for hosts of tests that do not look at a queue's own. */
import { QUEUES, type QueueName } from '#domain/ports/queue/port.ts';
import type { QueueSettings } from '#embedded/adapters.ts';

export const everyQueue = (settings: QueueSettings): Record<QueueName, QueueSettings> =>
  Object.fromEntries(QUEUES.map((name) => [name, settings])) as Record<QueueName, QueueSettings>;
