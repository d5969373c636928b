import type { EventBridgeEvent } from 'aws-lambda';
import type { EmbeddedAdapters } from '#embedded/adapters.ts';
import { rules } from '../../topology.ts';
import type { Invoker } from '../invoke/invoker.ts';
import { type Pump, pump } from './consume.ts';

/** Delivers every event to the targets of the matching rules. If a target fails, the event is redelivered. */
export function pumpBus(
  adapters: EmbeddedAdapters,
  invoker: Invoker,
  onError: (error: unknown, where: string) => void,
): Pump {
  return pump({
    queue: adapters.queuesByName.get('bus')!,
    batchSize: 10,
    watch: adapters.watch,
    now: adapters.now,
    onError,
    handle: async (messages) => {
      const failed = new Set<string>();
      for (const message of messages) {
        const event = JSON.parse(message.body) as EventBridgeEvent<string, unknown>;
        const targets = rules.filter((rule) => rule.types.includes(event['detail-type'])).map((rule) => rule.target);
        const answers = await Promise.allSettled(targets.map(async (target) => invoker.invoke(target, event)));
        for (const answer of answers) {
          if (answer.status === 'rejected') {
            failed.add(message.id);
            onError(answer.reason, `target of ${event['detail-type']}`);
          }
        }
      }
      return failed;
    },
  });
}
