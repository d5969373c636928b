/**
 * All functions of an AWS account and region share one maximum of concurrent calls. What runs in the background has a part of
 * its own, and no more, so that trainings and files that are read never leave too little for the API.
 */
import type { QueueName } from '#domain/ports/queue/port.ts';
import { type FunctionName, queues, trainer } from '#infra/topology.ts';
import type { Settings } from '../settings.ts';

type Concurrency = Pick<Settings, 'reserve' | 'trainingFunctions' | 'consumers'>;

export function reservedConcurrency(
  name: FunctionName,
  settings: Concurrency,
): { readonly reservedConcurrentExecutions?: number } {
  if (!settings.reserve) return {};
  const most = backgroundConcurrency(name, settings);
  return most === undefined ? {} : { reservedConcurrentExecutions: most };
}

/** `undefined` for functions that callers of the API wait for, and those that a schedule or an event starts. */
function backgroundConcurrency(name: FunctionName, settings: Concurrency): number | undefined {
  if (name === trainer.function) return settings.trainingFunctions;
  const queue = (Object.keys(queues) as QueueName[]).find((one) => queues[one].consumer === name);
  return queue && settings.consumers[queue];
}
